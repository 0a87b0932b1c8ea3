using System.Globalization;
using Hubbub.Load.Loop;

namespace Hubbub.Load.Figures;

/// <summary>
/// Processor time spent between two moments by the server (where it can be seen), by this generator, and by the whole
/// machine: figures taken while others were busy say little, and the report shows it.
/// </summary>
internal sealed class CpuSpan
{
    private readonly IReadOnlyList<ServerProcess> _servers;
    private readonly long _from = Clock.Now;
    private readonly double? _serverFrom;
    private readonly double _generatorFrom;
    private readonly double _machineFrom;

    private CpuSpan(IReadOnlyList<ServerProcess> servers)
    {
        _servers = servers;
        _serverFrom = Used();
        _generatorFrom = Environment.CpuUsage.TotalTime.TotalSeconds;
        _machineFrom = BusySeconds(File.ReadLines("/proc/stat"));
    }

    public double WallSeconds { get; private set; }

    public double? ServerSeconds { get; private set; }

    public double GeneratorSeconds { get; private set; }

    /// <summary>
    /// Everything that kept a core from idling: all processes, the kernel's own work, time stolen by other machines.
    /// </summary>
    public double MachineSeconds { get; private set; }

    public static CpuSpan Begin(ServerProcess? server) => new(server is null ? [] : [server]);

    /// <summary>Of all nodes of a cluster together.</summary>
    public static CpuSpan Begin(IReadOnlyList<ServerProcess> servers) => new(servers);

    public void Finish()
    {
        WallSeconds = Clock.Seconds(Clock.Now - _from);
        ServerSeconds = Used() - _serverFrom;
        GeneratorSeconds = Environment.CpuUsage.TotalTime.TotalSeconds - _generatorFrom;
        MachineSeconds = BusySeconds(File.ReadLines("/proc/stat")) - _machineFrom;
    }

    /// <summary>Null if one of them cannot be seen, or there is none.</summary>
    private double? Used() => _servers.Count == 0 ? null : _servers.Aggregate((double?)0, (sum, server) => sum + server.CpuSeconds());

    /// <summary>
    /// From the first line of <c>/proc/stat</c>: user, nice, system, idle, iowait, irq, softirq, steal, in hundredths of a
    /// second over all cores. Idle and waiting for the disk are not busy; guest time is in user already.
    /// </summary>
    internal static double BusySeconds(IEnumerable<string> lines)
    {
        var fields = lines.First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields[1..4].Concat(fields[6..9]).Sum(ticks => double.Parse(ticks, CultureInfo.InvariantCulture)) / 100;
    }
}
