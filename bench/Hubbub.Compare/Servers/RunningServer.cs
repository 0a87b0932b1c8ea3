using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Hubbub.Compare.Peers;
using Hubbub.Load;
using Hubbub.Load.Loop.Tls;

namespace Hubbub.Compare.Servers;

/// <summary>A server under test: a process on a core of its own, on a free loopback port, with a folder that is removed with it.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private const int LinesKept = 20;
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromMilliseconds(50);

    private readonly Process _process;
    private readonly string _folder;
    private readonly TlsContext? _tls;
    private readonly Queue<string> _lastWords = [];

    private RunningServer(Process process, string folder, TlsContext? tls)
    {
        _process = process;
        _folder = folder;
        _tls = tls;
        Tree = new ProcessTree(process.Id);
    }

    public ProcessTree Tree { get; }

    public Target Target { get; private set; } = null!;

    public static async Task<RunningServer> StartAsync(IPeer peer, string root, bool overTls, CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("hubbub-compare-").FullName;
        var port = FreePort();
        var launch = peer.Launch(new Place(root, folder, port, overTls ? CertificateFiles.Make(folder) : null));
        // taskset becomes the program, so its process is the server's.
        var start = new ProcessStartInfo("taskset")
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["-c", Cores.Server.ToString(CultureInfo.InvariantCulture), launch.Program, .. launch.Arguments])
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in launch.Environment)
            start.Environment[name] = value;
        var server = new RunningServer(BoundProcess.Start(start, launch.EndSignal), folder, overTls ? new TlsContext() : null);
        try
        {
            server.KeepLastWords();
            await server.AwaitReadinessAsync(peer, port, cancel);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the server last said, where it said anything.</summary>
    public string LastWords
    {
        get
        {
            lock (_lastWords)
                return string.Join(" / ", _lastWords);
        }
    }

    public bool HasExited => _process.HasExited;

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _tls?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void KeepLastWords()
    {
        _process.OutputDataReceived += (_, said) => Keep(said.Data);
        _process.ErrorDataReceived += (_, said) => Keep(said.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Keep(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
            return;
        lock (_lastWords)
        {
            _lastWords.Enqueue(line.Trim());
            if (_lastWords.Count > LinesKept)
                _lastWords.Dequeue();
        }
    }

    private async Task AwaitReadinessAsync(IPeer peer, int port, CancellationToken cancel)
    {
        var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/"));
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            if (_process.HasExited)
                throw new BenchmarkFailure($"{peer.Name} ended with code {_process.ExitCode} instead of starting: {LastWords}");
            try
            {
                var target = await Target.FindAsync(address, cancel);
                Target = _tls is null ? target : target.Over(_tls);
                return;
            }
            catch (BenchmarkFailure) when (Stopwatch.GetElapsedTime(started) < s_startTimeout)
            {
                await Task.Delay(s_betweenLooks, cancel);
            }
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
