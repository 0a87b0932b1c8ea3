using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Hubbub.Load;

namespace Hubbub.Server.Commands;

/// <summary>The server that a benchmark loads: one that runs already, or one started for the run, or several of a cluster, as processes of their own and stopped after it.</summary>
/// <param name="Url">The first node's address.</param>
/// <param name="Others">Further nodes of the same cluster.</param>
/// <param name="Data">The data folder; null if it is not known.</param>
/// <param name="Pid">The process of a single one that was started here.</param>
internal sealed record OwnServer(Uri Url, IReadOnlyList<Uri> Others, string? Data, int? Pid)
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    /// <param name="url">The running server; null to start one.</param>
    /// <param name="store">The store of those started here.</param>
    /// <param name="nodes">How many are started here.</param>
    /// <param name="data">Where to keep the started one's data (a folder is made inside and removed again), or where the running one keeps its own.</param>
    /// <param name="run">The benchmark; its exit code is returned.</param>
    /// <param name="ct">Stops waiting for the start.</param>
    /// <param name="prepare">What is done with the folder before a server is started on it; null for nothing.</param>
    public static async Task<int> UseAsync(
        Uri? url, string store, int nodes, string? data, Func<OwnServer, Task<int>> run, CancellationToken ct, Func<string, Task>? prepare = null)
    {
        if (url is not null)
            return await run(new OwnServer(url, [], data, null));

        // The current folder rather than the temporary one, which may be in memory: the disk is part of the measurement.
        var folder = Directory.CreateDirectory(Path.Combine(data ?? ".", $"bench-{Environment.ProcessId}"));
        var servers = new List<Process>();
        try
        {
            if (prepare is not null)
                await prepare(folder.FullName);
            var addresses = Enumerable.Range(0, nodes).Select(_ => new Uri($"http://127.0.0.1:{FreePort()}")).ToList();
            foreach (var address in addresses)
                servers.Add(Start(address, store, folder.FullName));
            for (var i = 0; i < nodes; i++)
                await WaitUntilReadyAsync(addresses[i], servers[i], ct);
            return await run(new OwnServer(addresses[0], addresses[1..], folder.FullName, nodes == 1 ? servers[0].Id : null));
        }
        catch (InvalidOperationException e)
        {
            await Console.Error.WriteLineAsync($"hubbub: {e.Message}");
            return 2;
        }
        finally
        {
            foreach (var server in servers)
            {
                server.Kill();
                await server.WaitForExitAsync(CancellationToken.None);
                server.Dispose();
            }

            folder.Delete(recursive: true);
        }
    }

    private static Process Start(Uri address, string store, string folder)
    {
        // The same program, by the same runtime, as a child.
        var program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(typeof(OwnServer).Assembly.Location);
        foreach (var argument in new[] { ServeCommand.Name, "--urls", address.ToString(), "--data", folder, "--store", store })
            start.ArgumentList.Add(argument);

        // The whole log is read back at the end, from its first event.
        start.Environment["Hubbub__MaxReplay"] = "100000000";
        var process = BoundProcess.Start(start);

        // Read on, so that a full pipe never stops it; what it says on standard error is shown.
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    private static async Task WaitUntilReadyAsync(Uri address, Process server, CancellationToken ct)
    {
        using var http = new HttpClient();
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < StartTimeout)
        {
            if (server.HasExited)
                throw new InvalidOperationException($"The server ended with code {server.ExitCode} instead of starting.");
            try
            {
                using var ready = await http.GetAsync(new Uri(address, "/health/ready"), ct);
                if (ready.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), ct);
        }

        throw new InvalidOperationException($"The server was not ready within {StartTimeout.TotalSeconds} s.");
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
