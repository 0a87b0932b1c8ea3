using Hubbub.Core.Log;
using Hubbub.Protocol;

namespace Hubbub.TestKit.Simulation;

/// <summary>A log at the end of a bad road: slow, failing before it stored, failing after it stored. What it does is the inner log's, which may be exchanged: a restored backup.</summary>
public sealed class FaultyLog(StoreRoad road, IRoomLog inner) : IRoomLog
{
    public IRoomLog Inner { get; set; } = inner;

    public ValueTask<IReadOnlyList<AppendOutcome>> AppendAsync(IReadOnlyList<Draft> batch, CancellationToken ct) =>
        road.TravelAsync("append", () => Inner.AppendAsync(batch, ct), ct);

    public ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct) =>
        road.TravelAsync("read", () => Inner.ReadAsync(room, after, limit, ct), ct);

    public ValueTask<IReadOnlyList<Position?>> HeadsAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct) =>
        road.TravelAsync("look at the heads", () => Inner.HeadsAsync(rooms, ct), ct);
}
