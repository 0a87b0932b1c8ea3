using Hubbub.Load.Figures;
using Hubbub.Load.Listening;
using Hubbub.Load.Loop;
using Hubbub.Load.Reports;

namespace Hubbub.Load.Scenarios;

/// <summary>
/// Opens idle connections and weighs the server before and after. The first few are not weighed: they make the server load
/// and compile what a connection needs. Nothing is forced, no collection either: it is the memory that an operator sees.
/// </summary>
internal sealed class IdleStep(Target target, string run, ServerProcess? server, Stage stage)
{
    private const int MaxReadings = 20;
    private static readonly TimeSpan s_betweenReadings = TimeSpan.FromMilliseconds(250);

    private int _opened;
    private int _lost;
    private string? _firstLoss;

    /// <summary>Connections that were joined and then went away.</summary>
    public int Lost => Volatile.Read(ref _lost);

    public string FirstLoss => Volatile.Read(ref _firstLoss) ?? "";

    /// <summary>Opens one connection per token on a loop of its own, which keeps them until the loops are disposed.</summary>
    public async Task<IdleFigures> OpenAsync(LoopSet loops, string[] tokens, int roomCount, CancellationToken cancel)
    {
        var rooms = await Arrangement.MakeRoomsAsync(target, tokens[0], run, "idle", roomCount, cancel);
        var loop = loops.Start("idle");
        stage.Begin($"Opening {tokens.Length:#,0} idle connections", tokens.Length, () => Volatile.Read(ref _opened));

        var unweighed = Math.Min(500, tokens.Length / 10);
        await OpenAsync(loop, tokens[..unweighed], rooms, cancel);
        var before = await SettledResidentAsync(cancel);
        var from = Clock.Now;
        await OpenAsync(loop, tokens[unweighed..], rooms, cancel);
        var seconds = Clock.Seconds(Clock.Now - from);
        var after = await SettledResidentAsync(cancel);
        var counted = tokens.Length - unweighed;
        return new IdleFigures(tokens.Length, rooms.Length, counted, before, after, Math.Round(counted / seconds, 0));
    }

    /// <summary>The check that all of them are still there.</summary>
    public Check StayedOpen(int connections) => new(
        "Every idle connection stayed open",
        Lost == 0,
        Lost == 0 ? "" : $"{Lost} of {connections} were lost, the first because {FirstLoss}");

    private Task OpenAsync(EventLoop loop, string[] tokens, string[] rooms, CancellationToken cancel) =>
        Ramp.OpenAsync(loop, target, tokens.Length,
            i => new RoomConnection(loop, target, tokens[i], rooms[i % rooms.Length], OnLost), () => _opened++, cancel);

    private void OnLost(string reason)
    {
        _firstLoss ??= reason;
        _lost++;
    }

    /// <summary>Resident memory once three readings in a row differ by less than 1 %, or as it is after 5 s.</summary>
    private async Task<long?> SettledResidentAsync(CancellationToken cancel)
    {
        var last = server?.ResidentBytes();
        var calm = 0;
        for (var reading = 0; last is not null && reading < MaxReadings && calm < 3; reading++)
        {
            await Task.Delay(s_betweenReadings, cancel);
            var now = server!.ResidentBytes();
            calm = now is not null && Math.Abs(now.Value - last.Value) < last.Value / 100 ? calm + 1 : 0;
            last = now;
        }
        return last;
    }
}
