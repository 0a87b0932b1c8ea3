using System.Globalization;
using System.Runtime.InteropServices;

namespace Hubbub.LocalCluster.Services;

/// <summary>A process and its descendants, as Linux lists them in <c>/proc</c>.</summary>
public static class ProcessTree
{
    public const int Terminate = 15;
    public const int Kill = 9;
    public const int Stop = 19;
    public const int Continue = 18;

    /// <summary>Sends a signal to one process.</summary>
    /// <returns>False if there is no such process.</returns>
    public static bool Signal(int pid, int signal) => kill(pid, signal) == 0;

    /// <summary>
    /// Sends a signal to the process and then to its descendants: the parent first, so that a parent which was stopped starts no more of them.
    /// </summary>
    public static void SignalAll(int pid, int signal)
    {
        // Looked up before the signal: who kills a parent would lose its children, which go to another one.
        var children = signal == Kill ? Children(pid) : null;
        Signal(pid, signal);
        foreach (var child in children ?? Children(pid))
            SignalAll(child, signal);
    }

    private static List<int> Children(int pid)
    {
        var children = new List<int>();
        try
        {
            foreach (var task in Directory.EnumerateDirectories($"/proc/{pid}/task"))
            {
                var words = File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
                children.AddRange(words.Select(word => int.Parse(word, CultureInfo.InvariantCulture)));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile, and has none.
        }

        return children;
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);
}
