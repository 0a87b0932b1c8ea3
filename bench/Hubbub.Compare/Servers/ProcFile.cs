using System.Globalization;

namespace Hubbub.Compare.Servers;

/// <summary>The few numbers of <c>/proc</c> that a comparison is made of. Times are in seconds; the kernel gives them in hundredths.</summary>
internal static class ProcFile
{
    private const double TicksPerSecond = 100;

    /// <summary>User and kernel time of a process, from the text of its <c>stat</c>.</summary>
    public static double CpuSeconds(string stat)
    {
        // The second field is the program's name in parentheses and may itself hold blanks and parentheses.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        // Fields 14 and 15 of proc(5), counted from 1; the slice begins with field 3.
        return (Number(fields[11]) + Number(fields[12])) / TicksPerSecond;
    }

    /// <summary>What kept a core from idling, from the lines of <c>/proc/stat</c>: all but idle and waiting for the disk.</summary>
    public static double BusySeconds(IEnumerable<string> lines, int core)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"cpu{core} ");
        var fields = lines.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields[1..4].Concat(fields[6..9]).Sum(Number) / TicksPerSecond;
    }

    /// <summary>
    /// A process's share of memory in bytes, from the lines of its <c>smaps_rollup</c>: its own pages, and of those shared with n others
    /// the nth part, so that the sum over a master and its workers counts each page once.
    /// </summary>
    public static long ShareOfMemory(IEnumerable<string> lines)
    {
        var line = lines.First(l => l.StartsWith("Pss:", StringComparison.Ordinal));
        return (long)Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }

    private static double Number(string digits) => double.Parse(digits, CultureInfo.InvariantCulture);
}
