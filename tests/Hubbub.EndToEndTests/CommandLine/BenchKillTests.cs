using Hubbub.TestKit;
using Hubbub.TestKit.Servers;

namespace Hubbub.EndToEndTests.CommandLine;

public sealed class BenchKillTests
{
    [Fact]
    public async Task A_killed_benchmark_leaves_no_server_behind()
    {
        var folder = Directory.CreateTempSubdirectory("hubbub-test-").FullName;
        using var bench = ServerProcess.Begin("bench", "post", "--data", folder, "--seconds", "60");
        try
        {
            var server = await Eventually.FindAsync("the benchmark has started its server", () => Task.FromResult(ServerOf(bench.Id)), TimeSpan.FromSeconds(45));
            bench.Kill();
            await bench.WaitForExitAsync();
            await Eventually.UntilAsync("the server has ended too", () => !IsAlive(server));
        }
        finally
        {
            bench.Kill(entireProcessTree: true);
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Its child that serves already: before that, it may not have come to bind itself to its parent.</summary>
    private static string? ServerOf(int bench) => Directory.EnumerateDirectories($"/proc/{bench}/task")
        .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .FirstOrDefault(child => File.ReadAllText($"/proc/{child}/cmdline").Contains("\0serve\0", StringComparison.Ordinal)
            && !File.ReadAllText($"/proc/{child}/comm").StartsWith("setpriv", StringComparison.Ordinal));

    /// <summary>A process that has ended may still stand in the table until its new parent looks.</summary>
    private static bool IsAlive(string process)
    {
        try
        {
            return !File.ReadLines($"/proc/{process}/status").Any(line => line.StartsWith("State:\tZ", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return false;
        }
    }
}
