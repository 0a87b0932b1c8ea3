using System.Globalization;

namespace Hubbub.Load.Figures;

/// <summary>
/// What Linux tells about the server's process. Processor time comes in steps of 10 ms (100 ticks a second on every usual
/// kernel); work that the kernel does for it in threads of its own (soft interrupts, io_uring's) is not in it.
/// </summary>
internal sealed class ServerProcess
{
    private const double TicksPerSecond = 100;

    private ServerProcess(int id, bool found)
    {
        Id = id;
        Found = found;
    }

    public int Id { get; }

    /// <summary>It was found by its listening port, not named by the user.</summary>
    public bool Found { get; }

    /// <summary>The process named, or the one that listens at the target's port; null if that cannot be seen from here.</summary>
    public static ServerProcess? Find(int? named, int port)
    {
        if (named is { } id)
        {
            return Directory.Exists($"/proc/{id}")
                ? new ServerProcess(id, found: false)
                : throw new BenchmarkFailure($"There is no process {id}.");
        }
        try
        {
            return ListeningAt(port) is { } found ? new ServerProcess(found, found: true) : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Processor time used so far, user and kernel, in seconds; null once the process has ended.</summary>
    public double? CpuSeconds()
    {
        try
        {
            // The second field is the program's name in parentheses and may itself hold blanks and parentheses.
            var stat = File.ReadAllText($"/proc/{Id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            // Fields 14 and 15 of proc(5), counted from 1; the slice begins with field 3.
            return (Number(fields[11]) + Number(fields[12])) / TicksPerSecond;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Resident memory in bytes; null once the process has ended.</summary>
    public long? ResidentBytes()
    {
        try
        {
            var line = File.ReadLines($"/proc/{Id}/status").FirstOrDefault(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
            return line is null ? null : Number(line["VmRSS:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim()) * 1024;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static int? ListeningAt(int port)
    {
        var inodes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var table in new[] { "/proc/net/tcp", "/proc/net/tcp6" })
        {
            if (File.Exists(table))
                inodes.UnionWith(ListeningInodes(File.ReadLines(table), port).Select(inode => $"socket:[{inode}]"));
        }
        return inodes.Count == 0 ? null : HolderOf(inodes);
    }

    /// <summary>The inodes of listening sockets at this port, from the lines of <c>/proc/net/tcp</c>.</summary>
    internal static IEnumerable<string> ListeningInodes(IEnumerable<string> lines, int port)
    {
        var ending = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        foreach (var line in lines)
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            // local_address is field 1, the state field 3 (0A is LISTEN), the inode field 9.
            if (fields.Length > 9 && fields[1].EndsWith(ending, StringComparison.Ordinal) && fields[3] == "0A")
                yield return fields[9];
        }
    }

    private static int? HolderOf(HashSet<string> sockets)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                continue;
            if (HoldsOneOf(folder, sockets))
                return id;
        }
        return null;
    }

    private static bool HoldsOneOf(string process, HashSet<string> sockets)
    {
        try
        {
            foreach (var descriptor in Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd")))
            {
                if (new FileInfo(descriptor).LinkTarget is { } link && sockets.Contains(link))
                    return true;
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile, or belongs to somebody else.
        }
        return false;
    }

    private static long Number(string digits) => long.Parse(digits, CultureInfo.InvariantCulture);
}
