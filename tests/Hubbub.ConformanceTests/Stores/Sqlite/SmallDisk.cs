using System.Diagnostics;

namespace Hubbub.ConformanceTests.Stores.Sqlite;

/// <summary>A real disk of a few megabytes, in memory, that can be full. Mounting needs root, as in CI; without it the test fails and says so.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _ballast;

    private SmallDisk(string path)
    {
        Path = path;
        _ballast = System.IO.Path.Combine(path, "ballast");
    }

    public string Path { get; }

    public static SmallDisk Mount(string size, bool readOnly = false)
    {
        var path = System.IO.Directory.CreateTempSubdirectory("hubbub-disk-").FullName;
        Run("mount", "-t", "tmpfs", "-o", $"size={size}{(readOnly ? ",ro" : "")}", "tmpfs", path);
        return new SmallDisk(path);
    }

    /// <summary>Takes all the space that is left.</summary>
    public void Fill()
    {
        using var ballast = new FileStream(_ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var size in new[] { 64 << 10, 4096, 512, 1 })
        {
            try
            {
                while (true)
                    ballast.Write(new byte[size]);
            }
            catch (IOException)
            {
                // Full for writes of this size; smaller ones may still fit.
            }
        }
    }

    public void Free() => File.Delete(_ballast);

    public void Dispose()
    {
        Run("umount", Path);
        System.IO.Directory.Delete(Path);
    }

    private static void Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"This test needs a small disk, and mounting one needs root: {command} said '{error.Trim()}'.");
    }
}
