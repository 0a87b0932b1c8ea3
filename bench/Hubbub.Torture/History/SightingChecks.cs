using Hubbub.Protocol;

namespace Hubbub.Torture.History;

/// <summary>Compares everything that anybody saw at any position with everything else that was seen, and with what was posted.</summary>
internal static class SightingChecks
{
    public static IEnumerable<Finding> Check(RunHistory history) =>
        [.. InconsistentSequences(history), .. DuplicatesInLog(history), .. Strangers(history)];

    private static IEnumerable<Finding> InconsistentSequences(RunHistory history)
    {
        var seen = new Dictionary<(RoomId, Position), Sighting>();
        foreach (var sighting in history.Sightings)
        {
            var place = (sighting.Room, sighting.Position);
            if (!seen.TryAdd(place, sighting) && seen[place].Label != sighting.Label)
            {
                yield return new Finding(
                    Anomaly.InconsistentSequence,
                    $"{sighting.Room} {sighting.Position} is {seen[place].Label} for {seen[place].Where} and {sighting.Label} for {sighting.Where}");
            }
        }
    }

    private static IEnumerable<Finding> DuplicatesInLog(RunHistory history)
    {
        var seen = new Dictionary<(RoomId, Epoch, string), long>();
        foreach (var sighting in history.Sightings.Where(s => s.IsNamed))
        {
            var name = (sighting.Room, sighting.Position.Epoch, sighting.Message);
            if (!seen.TryAdd(name, sighting.Position.Sequence) && seen[name] != sighting.Position.Sequence)
            {
                yield return new Finding(
                    Anomaly.DuplicateInLog, $"{sighting.Message} stands in {sighting.Room} at {seen[name]} and again at {sighting.Position}");
            }
        }
    }

    private static IEnumerable<Finding> Strangers(RunHistory history)
    {
        var checkedAlready = new HashSet<(RoomId, string, ulong?)>();
        foreach (var sighting in history.Sightings.Where(s => s.IsNamed))
        {
            if (!checkedAlready.Add((sighting.Room, sighting.Message, sighting.Hash)))
                continue;
            var place = $"{sighting.Room} {sighting.Position}";
            if (!history.Posts.TryGetValue(sighting.Message, out var post))
            {
                yield return new Finding(Anomaly.Phantom, $"{sighting.Message} at {place} was never posted");
                continue;
            }

            if (post.First.Room != sighting.Room)
                yield return new Finding(Anomaly.Misrouted, $"{sighting.Message} at {place} was posted to {post.First.Room}");
            if (sighting.Hash is { } hash && hash != post.First.Hash)
                yield return new Finding(Anomaly.CorruptPayload, $"{sighting.Message} at {place} says something else than was posted");
            if (post.WasCertainlyRefused)
                yield return new Finding(Anomaly.FailedWriteVisible, $"{sighting.Message} at {place} was refused in all of its {post.Attempts} attempts");
        }
    }
}
