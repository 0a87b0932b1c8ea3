using System.Collections.Concurrent;
using System.Diagnostics;

namespace Hubbub.Load;

/// <summary>
/// Starts processes that do not outlive this one, however it ends: on Linux the kernel kills them when this process is killed and cannot stop them itself. Elsewhere, and where util-linux is missing, they
/// are ordinary children.
/// </summary>
public static class BoundProcess
{
    private const string Setpriv = "setpriv";

    private static readonly bool s_canBind = OperatingSystem.IsLinux() && IsInPath(Setpriv);
    private static readonly BlockingCollection<Action> s_starts = [];
    private static readonly Lazy<Thread> s_starter = new(BeginStarter);

    /// <summary>Starts a process, which keeps the program's own id: what stands before the program becomes the program.</summary>
    /// <param name="start">As for <see cref="Process.Start(ProcessStartInfo)"/>, without the shell and with <see cref="ProcessStartInfo.ArgumentList"/>.</param>
    /// <param name="signal">What the kernel sends; <c>TERM</c> for a program that has children of its own to end.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">The program is not there. Where it is bound, it starts and ends with code 127 instead.</exception>
    public static Process Start(ProcessStartInfo start, string signal = "KILL")
    {
        ArgumentNullException.ThrowIfNull(start);
        if (!s_canBind)
            return Begin(start);
        string[] bound = ["--pdeathsig", signal, "--", start.FileName];
        for (var i = 0; i < bound.Length; i++)
            start.ArgumentList.Insert(i, bound[i]);
        start.FileName = Setpriv;

        // The kernel takes the thread that starts a child for its parent, and a thread of the pool may end long before this process: then the child would be killed under our eyes.
        _ = s_starter.Value;
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        s_starts.Add(() =>
        {
            try
            {
                started.SetResult(Begin(start));
            }
            catch (Exception failed)
            {
                started.SetException(failed);
            }
        });
        return started.Task.GetAwaiter().GetResult();
    }

    private static Process Begin(ProcessStartInfo start) => Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} could not be started.");

    private static Thread BeginStarter()
    {
        var thread = new Thread(() =>
        {
            foreach (var begin in s_starts.GetConsumingEnumerable())
                begin();
        })
        {
            Name = "process starter",
            IsBackground = true,
        };
        thread.Start();
        return thread;
    }

    private static bool IsInPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));
}
