using System.Diagnostics;
using System.Globalization;

namespace Hubbub.Torture.Faults;

/// <summary>
/// Loses packets of this process's own network namespace, which was made for the run: whoever holds no other has no packets to lose.
/// </summary>
internal static class Packets
{
    /// <summary>Loses what goes to a port and, unless one way only is cut, what comes from it.</summary>
    /// <param name="port">A service's on loopback.</param>
    /// <param name="part">From 0 to 1.</param>
    /// <param name="oneWay">Only what the service says is lost, and not what it is told.</param>
    public static async Task LoseAsync(int port, double part, bool oneWay)
    {
        if (!oneWay)
            await RunAsync("-A", "--dport", port, part);
        await RunAsync("-A", "--sport", port, part);
    }

    /// <summary>Loses nothing any more.</summary>
    public static async Task HealAsync()
    {
        using var process = Process.Start(new ProcessStartInfo("iptables", ["-w", "-F", "INPUT"]))!;
        await process.WaitForExitAsync();
    }

    /// <summary>Whether this process has the network to itself: there is nothing but loopback in it.</summary>
    public static bool IsOwn() => File.ReadLines("/proc/net/dev").Skip(2).All(line => line.TrimStart().StartsWith("lo:", StringComparison.Ordinal));

    private static async Task RunAsync(string action, string which, int port, double part)
    {
        string[] chance = part >= 1 ? [] : ["-m", "statistic", "--mode", "random", "--probability", part.ToString("0.00", CultureInfo.InvariantCulture)];
        using var process = Process.Start(new ProcessStartInfo(
            "iptables", ["-w", action, "INPUT", "-i", "lo", "-p", "tcp", which, port.ToString(CultureInfo.InvariantCulture), .. chance, "-j", "DROP"]))!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new TortureException("Packets cannot be lost here: iptables refused.");
    }
}
