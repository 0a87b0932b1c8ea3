using System.Globalization;
using System.Runtime.InteropServices;

namespace Hubbub.Load.Figures;

/// <summary>What the figures were measured on; a figure without it says nothing.</summary>
public sealed record Machine(string Processor, int Cores, double MemoryGigabytes, string System, string Runtime)
{
    public static Machine Here() => new(
        Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        Math.Round(Kilobytes(Field("/proc/meminfo", "MemTotal")) / 1024 / 1024, 1),
        $"{SystemName()}, Linux {Environment.OSVersion.Version}",
        RuntimeInformation.FrameworkDescription);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Processor}, {Cores} cores, {MemoryGigabytes:0.0} GB, {System}, {Runtime}");

    private static string SystemName()
    {
        var name = File.Exists("/etc/os-release")
            ? File.ReadLines("/etc/os-release").FirstOrDefault(l => l.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))
            : null;
        return name is null ? "Linux" : name["PRETTY_NAME=".Length..].Trim('"');
    }

    private static string? Field(string file, string name)
    {
        if (!File.Exists(file))
            return null;
        var line = File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        return line?[(line.IndexOf(':') + 1)..].Trim();
    }

    private static double Kilobytes(string? text) =>
        double.TryParse(text?.Split(' ')[0], CultureInfo.InvariantCulture, out var value) ? value : 0;
}
