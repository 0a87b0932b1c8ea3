using System.Diagnostics;
using System.Reflection;
using System.Text;
using Hubbub.LocalCluster.Services;

namespace Hubbub.TestKit.Servers;

/// <summary>
/// The real executable on a port and in a folder of its own, to be killed and started again. Disposing it ends exactly this process and
/// deletes the folder. Not thread-safe; <see cref="Output"/> may be read at any time.
/// </summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private const int PortsToTry = 20;

    /// <summary>A cold start of the runtime on a busy two-core machine takes some seconds.</summary>
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(20);
    private static readonly HttpClient Http = new(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = TestCertificate.IsShown } }) { Timeout = TimeSpan.FromSeconds(5) };

    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<Process, StringBuilder> Outputs = [];

    private readonly string[] _arguments;
    private readonly bool _ownsFolder;
    private readonly StringBuilder _output = new();
    private Process? _process;

    private readonly bool _speaksTls;

    private ServerProcess(string folder, bool ownsFolder, string[] arguments, bool speaksTls)
    {
        _speaksTls = speaksTls;
        Folder = folder;
        _ownsFolder = ownsFolder;
        _arguments = arguments;
    }

    /// <summary>The data folder: database and signing key.</summary>
    public string Folder { get; }

    /// <summary>Where it listens, the same after every restart.</summary>
    public Uri Url { get; private set; } = new("http://127.0.0.1:0/");

    public int Pid => Running.Id;

    /// <summary>What it has written to standard output and error, over all its lives.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    private Process Running => _process ?? throw new InvalidOperationException("The server does not run now.");

    /// <summary>Starts a server in a new folder and waits until it is ready.</summary>
    /// <param name="arguments">More arguments of <c>serve</c>, such as <c>--guests false</c>.</param>
    /// <param name="folder">An existing data folder, which is kept; null makes a new one, which is deleted.</param>
    /// <param name="tls">Whether it speaks TLS, with <see cref="TestCertificate"/>; as the run says by default.</param>
    public static async Task<ServerProcess> StartAsync(string[]? arguments = null, string? folder = null, bool? tls = null)
    {
        var server = new ServerProcess(
            folder ?? Directory.CreateTempSubdirectory("hubbub-test-").FullName, ownsFolder: folder is null, arguments ?? [], tls ?? Variant.Tls);
        try
        {
            // Another test may take the port between our look and the server's start: then the next one is tried.
            for (var i = 1; ; i++)
            {
                server.Url = new Uri($"{(server._speaksTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp)}://127.0.0.1:{FreePort.Find()}/");
                if (await server.TryStartAsync())
                    return server;
                if (i == PortsToTry || !server.Output.Contains("in use", StringComparison.Ordinal))
                    throw new InvalidOperationException($"The server ended instead of starting. It said:\n{server.Output}");
            }
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command that ends by itself, such as <c>renew-epochs</c>, and returns its exit code and all that it wrote.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var output = new StringBuilder();
        using var process = Begin(arguments, output);
        try
        {
            await Eventually.WithinAsync($"hubbub {string.Join(' ', arguments)} ends by itself", process.WaitForExitAsync(), StartDeadline);
        }
        catch
        {
            process.Kill();
            throw;
        }

        lock (output)
            return (process.ExitCode, output.ToString());
    }

    /// <summary>Begins a command and leaves it to the caller to end it.</summary>
    public static Process Begin(params string[] arguments)
    {
        var output = new StringBuilder();
        var process = Begin(arguments, output);
        Outputs.Add(process, output);
        return process;
    }

    /// <summary>What a command that was begun has written so far; who reads it locks it.</summary>
    public static StringBuilder OutputOf(Process begun) => Outputs.TryGetValue(begun, out var output) ? output : throw new ArgumentException("It was not begun here.", nameof(begun));

    /// <summary>Ends the process at once (SIGKILL), as a crash or a power cut of the process would; returns when it is gone.</summary>
    public Task KillAsync() => EndAsync(static process => process.Kill());

    /// <summary>Asks the process to stop in good order (SIGTERM); returns when it is gone.</summary>
    /// <returns>Its exit code.</returns>
    public Task<int> StopAsync() => EndAsync(static process =>
    {
        if (!ProcessTree.Signal(process.Id, ProcessTree.Terminate))
            throw new InvalidOperationException("The server could not be asked to stop.");
    });

    /// <summary>Starts it again on the same folder and port, killing it first if it runs, and waits until it is ready.</summary>
    public async Task RestartAsync()
    {
        if (_process is not null)
            await KillAsync();
        if (!await TryStartAsync())
            throw new InvalidOperationException($"The server ended instead of starting again. It said:\n{Output}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await KillAsync();
        if (_ownsFolder && Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }

    private static Process Begin(IEnumerable<string> arguments, StringBuilder output, bool speaksTls = false)
    {
        var path = typeof(ServerProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "ServerExecutable").Value!;
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [path, .. arguments])
        {
            WorkingDirectory = Path.GetDirectoryName(path)!,
        };

        // What the test run was told about itself is not meant for the server.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("ASPNETCORE_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        if (speaksTls)
            start.Environment["Kestrel__Certificates__Default__Path"] = TestCertificate.PfxFile;
        if (Variant.Deflate)
            start.Environment["Hubbub__Deflate"] = "true";
        return OutputReader.Start(start, output);
    }

    /// <returns>False if the process ended by itself.</returns>
    private async Task<bool> TryStartAsync()
    {
        var process = Begin(["serve", "--urls", Url.GetLeftPart(UriPartial.Authority), "--data", Folder, .. _arguments], _output, _speaksTls);
        _process = process;
        try
        {
            await Eventually.UntilAsync("the server is ready, or has ended", async () => process.HasExited || await IsReadyAsync(), StartDeadline);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message} The server said:\n{Output}", e);
        }

        if (!process.HasExited)
            return true;
        await EndAsync(static _ => { });
        return false;
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri(Url, "health/ready"));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<int> EndAsync(Action<Process> end)
    {
        using var process = Running;
        _process = null;
        if (!process.HasExited)
            end(process);
        try
        {
            await Eventually.WithinAsync("the server's process has ended", process.WaitForExitAsync(), StopDeadline);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw;
        }

        return process.ExitCode;
    }
}
