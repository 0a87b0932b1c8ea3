using Hubbub.Load.Figures;
using Hubbub.Load.Loop;
using Hubbub.Load.Reports;

namespace Hubbub.Load.Scenarios;

/// <summary>What connections cost that do nothing: memory, and the processor time of keeping them alive.</summary>
internal static class IdleScenario
{
    public static async Task<Report> RunAsync(IdleOptions options, Stage stage, CancellationToken cancel)
    {
        OptionRules.Check(options);
        Arrangement.CheckConnections(options.Connections);
        var target = await Target.FindAsync(options.Target, cancel);
        var server = ServerProcess.Find(options.ServerPid, target.EndPoint.Port);
        var tokens = await Arrangement.MakeGuestsAsync(target, options.Connections, stage, cancel);

        await using var loops = new LoopSet();
        var step = new IdleStep(target, Arrangement.NewRun(), server, stage);
        var figures = await step.OpenAsync(loops, tokens, options.Rooms, cancel);
        var from = Clock.Now;
        var cpu = CpuSpan.Begin(server);
        stage.Begin("Holding them", Math.Max(options.Hold.TotalSeconds, 0.001), () => Clock.Seconds(Clock.Now - from));
        await loops.WaitUntilAsync(from + Clock.Of(options.Hold), cancel);
        cpu.Finish();
        return new IdleReport
        {
            Machine = Machine.Here(),
            Target = options.Target.ToString(),
            Idle = figures,
            HeldSeconds = options.Hold.TotalSeconds,
            Cpu = CpuFigures.Of(server, cpu),
            Checks = [step.StayedOpen(options.Connections)],
        };
    }
}
