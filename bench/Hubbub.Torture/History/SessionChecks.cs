using System.Globalization;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;

namespace Hubbub.Torture.History;

/// <summary>What one session promises on the wire: every event after its start, once, in order, or an honest gap; in a relaxed room, in order or counted as skipped, exactly; nothing unasked,
/// nothing after a removal.</summary>
internal static class SessionChecks
{
    public static IEnumerable<Finding> Check(RunHistory history, CheckOptions options) =>
        [.. Streams(history, options), .. Removals(history, options), .. Resets(history, options)];

    private static IEnumerable<Finding> Streams(RunHistory history, CheckOptions options)
    {
        var places = new Dictionary<(string Client, int Session, RoomId Room), Position>();
        foreach (var record in history.Records)
        {
            switch (record)
            {
                case Subscribed subscribed:
                    places[(subscribed.Client, subscribed.Session, subscribed.Room)] = subscribed.From;
                    break;
                case Ended ended:
                    foreach (var stream in places.Keys.Where(k => k.Client == ended.Client && k.Room == ended.Room).ToArray())
                        places.Remove(stream);
                    break;
                case GapTold gap:
                    places[(gap.Client, gap.Session, gap.Room)] = gap.To;
                    break;
                case SkipTold skip:
                    var reader = (skip.Client, skip.Session, skip.Room);
                    var wrong = places.TryGetValue(reader, out var before) ? Skip(skip, before, options) : NotAsked(skip.Client, skip.Session, skip.Room, skip.To);
                    places[reader] = skip.To;
                    if (wrong is not null)
                        yield return wrong;
                    break;
                case Delivered delivered:
                    var heard = (delivered.Client, delivered.Session, delivered.Room);
                    var asked = places.TryGetValue(heard, out var place);
                    places[heard] = delivered.Entry.Position;
                    var finding = asked ? Step(history, delivered, place) : NotAsked(delivered.Client, delivered.Session, delivered.Room, delivered.Entry.Position);
                    if (finding is not null)
                        yield return finding;
                    break;
            }
        }
    }

    private static Finding NotAsked(string client, int session, RoomId room, Position position) => new(
        Anomaly.DeliveryWithoutSubscription, $"{client} got {room} {position} in its session {session}, which had not subscribed, or not since it ended");

    private static Finding? Skip(SkipTold skip, Position place, CheckOptions options)
    {
        var who = string.Create(
            CultureInfo.InvariantCulture, $"{skip.Client}, at {place} of {skip.Room} in session {skip.Session}, was told that {skip.Count} are skipped from {skip.From} to {skip.To}");
        if (!options.Relaxed.Contains(skip.Room))
            return new Finding(Anomaly.Skip, $"{who}, and the room is strong");
        var isHere = skip.From.Sequence == place.Sequence && (place.IsStart || skip.From.Epoch == place.Epoch);
        return isHere && skip.To.Epoch == skip.From.Epoch && skip.Count > 0 && skip.Count == skip.To.Sequence - skip.From.Sequence
            ? null
            : new Finding(Anomaly.Miscount, who);
    }

    private static Finding? Step(RunHistory history, Delivered delivered, Position place)
    {
        var (room, position) = (delivered.Room, delivered.Entry.Position);
        var who = string.Create(CultureInfo.InvariantCulture, $"{delivered.Client} got {room} {position} after {place} in session {delivered.Session}");

        // Whoever holds nothing yet has no story to break.
        if (!place.IsStart && position.Epoch != place.Epoch)
            return new Finding(Anomaly.Skip, $"{who}, into another life without a gap");
        if (position.Sequence <= place.Sequence)
            return new Finding(Anomaly.Nonmonotonic, who);
        return history.FirstKnownBetween(room, position.Epoch, place.Sequence, position.Sequence) is { } missing
            ? new Finding(Anomaly.Skip, $"{who}, over {missing}")
            : null;
    }

    private static IEnumerable<Finding> Removals(RunHistory history, CheckOptions options)
    {
        var removed = new Dictionary<(string, RoomId), long>();
        foreach (var record in history.Records)
        {
            switch (record)
            {
                case MemberRemoved removal:
                    removed[(removal.Client, removal.Room)] = removal.At;
                    break;
                case MemberReturned back:
                    removed.Remove((back.Client, back.Room));
                    break;
                case Delivered delivered when removed.TryGetValue((delivered.Client, delivered.Room), out var since)
                    && delivered.At > since + options.RemovalGrace.Ticks:
                    yield return new Finding(
                        Anomaly.DeliveryAfterRemoval,
                        $"{delivered.Client} got {delivered.Room} {delivered.Entry.Position} {TimeSpan.FromTicks(delivered.At - since).TotalSeconds:0.###} s after its removal");
                    break;
            }
        }
    }

    private static IEnumerable<Finding> Resets(RunHistory history, CheckOptions options)
    {
        var ends = new Dictionary<(RoomId, Epoch), long>();
        var firstSeen = new Dictionary<(RoomId, Position), long>();
        foreach (var sighting in history.Sightings)
            firstSeen.TryAdd((sighting.Room, sighting.Position), sighting.At);
        foreach (var record in history.Records)
        {
            if (record is LifeEnded life)
                ends.TryAdd((life.Room, life.Epoch), life.At);
            if (record is GapTold gap && IsNeedless(gap, options, ends, firstSeen))
                yield return new Finding(Anomaly.NeedlessReset, $"{gap.Client} was told {Words.Of(gap.Reason)} from {gap.From} to {gap.To} of {gap.Room}");
        }
    }

    private static bool IsNeedless(
        GapTold gap, CheckOptions options, Dictionary<(RoomId, Epoch), long> ends, Dictionary<(RoomId, Position), long> firstSeen)
    {
        if (gap.Reason == GapReason.TooFarBehind)
            return gap.To.Sequence - gap.From.Sequence <= options.MaxReplay;

        // The log knew this position, and its life had not ended: it could have gone on from there.
        var known = firstSeen.TryGetValue((gap.Room, gap.From), out var seenAt) && seenAt <= gap.At;
        return known && !(ends.TryGetValue((gap.Room, gap.From.Epoch), out var endedAt) && endedAt <= gap.At);
    }
}
