using System.Diagnostics;
using System.Text;

namespace Hubbub.LocalCluster.Services;

/// <summary>
/// A program that belongs to a cluster, or that one uses, started on a free port of loopback and in a private folder: to be killed, paused and started again. Disposing it ends
/// exactly its own processes and deletes the folder, and so does a watchdog if this process dies. Linux only. Not thread-safe; <see cref="Output"/>
/// may be read at any time.
/// </summary>
public abstract class ServiceProcess : IAsyncDisposable
{
    private const int PortsToTry = 20;
    private const int LastLines = 40;

    /// <summary>
    /// Waits for the end of its input, which is the end of whoever holds the other side, and then ends process $1 with all its descendants and deletes folder $2.
    /// (The kernel's own signal for the death of a parent comes already when the parent's thread ends, and a pool's threads do.)
    /// </summary>
    private const string Watchdog = """
        end() { for child in $(cat /proc/"$1"/task/*/children); do end "$child"; done; kill -9 "$1"; }
        cat; end "$1"; rm -rf "$2"
        """;

    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(20);

    private readonly StringBuilder _output = new();
    private Process? _process;
    private Process? _watchdog;

    protected ServiceProcess() => Folder = Directory.CreateTempSubdirectory($"hubbub-{GetType().Name}-").FullName;

    /// <summary>The service's own folder, gone with it.</summary>
    public string Folder { get; }

    /// <summary>Where it listens on 127.0.0.1, the same after every restart.</summary>
    public int Port { get; private set; }

    /// <summary>The process that was started; those that it has started itself are below it.</summary>
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

    /// <summary>Whether it runs now, as far as was seen.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>How long a stop in good order may take.</summary>
    protected virtual TimeSpan StopsWithin => StopDeadline;

    private Process Running => _process ?? throw new InvalidOperationException($"{GetType().Name} does not run now.");

    /// <summary>The program with its arguments and environment, to listen on <see cref="Port"/> and keep its files in <see cref="Folder"/>.</summary>
    protected abstract ProcessStartInfo Command();

    /// <summary>True once it does its work; asked again and again while it starts.</summary>
    protected abstract Task<bool> AnswersAsync();

    /// <summary>Starts it on a free port and waits until it answers. On failure everything is cleared away, and the exception has its last lines.</summary>
    protected async Task StartOnFreePortAsync()
    {
        try
        {
            // Another test may take the port between our look and the service's start: then the next one is tried.
            for (var i = 1; ; i++)
            {
                Port = FreePort.Find();
                if (await TryStartAsync())
                    return;
                if (i == PortsToTry || !Output.Contains("in use", StringComparison.OrdinalIgnoreCase))
                    throw Ended();
            }
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it again on the same folder and port, killing it first if it runs, and waits until it answers.</summary>
    public async Task RestartAsync()
    {
        if (_process is not null)
            await KillAsync();
        if (!await TryStartAsync())
            throw Ended();
    }

    /// <summary>Ends it with all its processes at once (SIGKILL), as a crash of the machine would; returns when they are gone.</summary>
    public Task KillAsync() => EndAsync(static process => ProcessTree.SignalAll(process.Id, ProcessTree.Kill));

    /// <summary>Asks it to stop in good order (SIGTERM); returns when it is gone.</summary>
    public Task StopAsync() => EndAsync(static process => ProcessTree.Signal(process.Id, ProcessTree.Terminate));

    /// <summary>Stops all its processes where they stand (SIGSTOP): connections stay open, and nobody answers.</summary>
    public void Pause() => ProcessTree.SignalAll(Pid, ProcessTree.Stop);

    /// <summary>Lets a paused service go on.</summary>
    public void Resume() => ProcessTree.SignalAll(Pid, ProcessTree.Continue);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await KillAsync();
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Runs a program that ends by itself, and returns what it wrote.</summary>
    /// <exception cref="InvalidOperationException">It ended with another code than 0; the message has its last lines.</exception>
    protected static async Task<string> RunAsync(ProcessStartInfo command)
    {
        var output = new StringBuilder();
        using var process = OutputReader.Start(command, output);
        try
        {
            await Eventually.WithinAsync($"{command.FileName} ends by itself", process.WaitForExitAsync(), StartDeadline);
        }
        catch
        {
            process.Kill();
            throw;
        }

        lock (output)
        {
            return process.ExitCode == 0
                ? output.ToString()
                : throw new InvalidOperationException($"{command.FileName} ended with code {process.ExitCode}. It said:\n{Tail(output.ToString())}");
        }
    }

    /// <summary>A command that runs as another user of the system where this process may choose, which is as root; some services refuse to run as root.</summary>
    protected static ProcessStartInfo CommandAs(string user, string program, params string[] arguments) =>
        Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("setpriv", ["--reuid", user, "--regid", user, "--clear-groups", "--", program, .. arguments])
            : new ProcessStartInfo(program, arguments);

    /// <summary>Gives the folder to another user of the system, so that a service which runs as that user may write in it.</summary>
    protected async Task GiveFolderToAsync(string user)
    {
        if (Environment.IsPrivilegedProcess)
            await RunAsync(new ProcessStartInfo("chown", ["-R", user, Folder]));
    }

    private static string Tail(string output) => string.Join('\n', output.TrimEnd().Split('\n').TakeLast(LastLines));

    private InvalidOperationException Ended() => new($"{GetType().Name} ended instead of starting. It said:\n{Tail(Output)}");

    /// <returns>False if it ended by itself.</returns>
    private async Task<bool> TryStartAsync()
    {
        var process = OutputReader.Start(Command(), _output);
        _process = process;
        _watchdog = Process.Start(new ProcessStartInfo("sh", ["-c", Watchdog, "watchdog", $"{process.Id}", Folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
        try
        {
            await Eventually.UntilAsync(
                $"{GetType().Name} answers, or has ended", async () => process.HasExited || await AnswersAsync(), StartDeadline);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message} It said:\n{Tail(Output)}", e);
        }

        if (!process.HasExited)
            return true;
        await EndAsync(static _ => { });
        return false;
    }

    private async Task EndAsync(Action<Process> end)
    {
        using var process = Running;
        using var watchdog = _watchdog;
        _process = null;
        _watchdog = null;
        try
        {
            if (!process.HasExited)
                end(process);
            await Eventually.WithinAsync($"{GetType().Name} has ended", process.WaitForExitAsync(), StopsWithin);
        }
        catch (TimeoutException)
        {
            ProcessTree.SignalAll(process.Id, ProcessTree.Kill);
            throw;
        }
        finally
        {
            // Before its input ends, which would make it bark.
            watchdog?.Kill(entireProcessTree: true);
        }
    }
}
