using System.Diagnostics;
using System.Globalization;
using System.Text;
using Hubbub.LocalCluster;

namespace Hubbub.PageBench;

/// <summary>A server of the benchmark's own, on a store with one large room in it.</summary>
internal sealed class SeededServer : IAsyncDisposable
{
    private const int Seed = 7;

    private readonly NodeProcess _node;

    private SeededServer(NodeProcess node) => _node = node;

    public Uri Url => _node.Url;

    public Uri Room => new(Url, string.Create(CultureInfo.InvariantCulture, $"/r/seed-{Seed}-1"));

    public static async Task<SeededServer> StartAsync(PageOptions options, CancellationToken ct)
    {
        var node = await NodeProcess.StartAsync(options.Program, new NodeSettings([], new Dictionary<string, string>()));
        try
        {
            // Its folder is there now; while it is filled nobody may serve it.
            await node.StopAsync();
            var said = new StringBuilder();
            using var seeding = OutputReader.Start(
                new ProcessStartInfo(options.Program, ["seed", "--seed", $"{Seed}", "--messages", $"{options.Messages}", "--members", $"{options.Members}", "--data", node.Folder]), said);
            await seeding.WaitForExitAsync(ct);
            if (seeding.ExitCode != 0)
                throw new InvalidOperationException($"The room could not be made. {said}");
            await node.RestartAsync();
            return new SeededServer(node);
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();
}
