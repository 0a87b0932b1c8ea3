using Hubbub.Load.Loop;

namespace Hubbub.Compare.Servers;

/// <summary>Processor time between two moments: whose it was, and whether a core had any left.</summary>
internal sealed class CpuAccount
{
    private readonly ProcessTree _server;
    private readonly SoftInterrupts _softInterrupts;
    private readonly Reading _from;

    private CpuAccount(ProcessTree server, SoftInterrupts softInterrupts)
    {
        _server = server;
        _softInterrupts = softInterrupts;
        _from = Read();
    }

    public static CpuAccount Begin(ProcessTree server, SoftInterrupts softInterrupts) => new(server, softInterrupts);

    /// <summary>What was spent since the beginning.</summary>
    public Reading Finish()
    {
        var to = Read();
        return new Reading(
            to.Wall - _from.Wall, to.Server - _from.Server, to.SoftInterrupts - _from.SoftInterrupts, to.Generator - _from.Generator,
            to.GeneratorCore - _from.GeneratorCore, to.ServerCore - _from.ServerCore);
    }

    private Reading Read()
    {
        var cores = File.ReadAllLines("/proc/stat");
        return new Reading(
            Clock.Seconds(Clock.Now), _server.CpuSeconds(), _softInterrupts.CpuSeconds(), Environment.CpuUsage.TotalTime.TotalSeconds,
            ProcFile.BusySeconds(cores, Cores.Generator), ProcFile.BusySeconds(cores, Cores.Server));
    }

    /// <param name="Wall">Time that passed.</param>
    /// <param name="Server">The server's processes, user and kernel.</param>
    /// <param name="SoftInterrupts">The kernel's thread for network work on the server's core.</param>
    /// <param name="Generator">This process.</param>
    /// <param name="GeneratorCore">All that ran on the generator's core.</param>
    /// <param name="ServerCore">All that ran on the server's core.</param>
    internal readonly record struct Reading(
        double Wall, double Server, double SoftInterrupts, double Generator, double GeneratorCore, double ServerCore);
}
