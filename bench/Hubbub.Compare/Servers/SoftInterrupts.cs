using System.Globalization;

namespace Hubbub.Compare.Servers;

/// <summary>
/// The kernel's thread that takes over a core's network work when there is too much of it: work that the server causes and its own
/// account does not show.
/// </summary>
internal sealed class SoftInterrupts
{
    private readonly string? _stat;

    public SoftInterrupts(int core)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"(ksoftirqd/{core})");
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _)
                && TryRead(Path.Combine(folder, "stat")) is { } stat && stat.Contains(name, StringComparison.Ordinal))
            {
                _stat = Path.Combine(folder, "stat");
                return;
            }
        }
    }

    /// <summary>False where it cannot be seen, as in most containers.</summary>
    public bool IsVisible => _stat is not null;

    public double CpuSeconds() => _stat is null ? 0 : ProcFile.CpuSeconds(File.ReadAllText(_stat));

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
