using Hubbub.Protocol;

namespace Hubbub.Torture.History;

/// <summary>What a confirmation promises: the message is there for good, at that position, behind everything confirmed before it was posted.</summary>
internal static class PostChecks
{
    public static IEnumerable<Finding> Check(RunHistory history) =>
        [.. LostWrites(history), .. Retries(history), .. Order(history)];

    private static IEnumerable<Finding> LostWrites(RunHistory history)
    {
        var finals = history.Of<FinalLog>()
            .GroupBy(f => f.Room)
            .ToDictionary(g => g.Key, g => g.Select(f => (Log: f, Messages: f.Entries.Select(e => e.Message).ToHashSet(StringComparer.Ordinal))).ToArray());
        var lives = history.Of<LifeEnded>().ToDictionary(l => (l.Room, l.Epoch));
        foreach (var confirmation in history.Posts.Values.SelectMany(p => p.Confirmations))
        {
            if (!finals.TryGetValue(confirmation.Room, out var logs) || IsExcused(lives, confirmation))
                continue;
            foreach (var (log, _) in logs.Where(l => !l.Messages.Contains(confirmation.Message)))
            {
                yield return new Finding(
                    Anomaly.LostWrite,
                    $"{confirmation.Message} was confirmed to {confirmation.Client} at {confirmation.Room} {confirmation.Position} and is not in the final log ({log.Source})");
            }
        }
    }

    /// <summary>Follows the lives of the log: whether the confirmed sequence was cut off by one of their ends.</summary>
    private static bool IsExcused(Dictionary<(RoomId, Epoch), LifeEnded> lives, PostConfirmed confirmation)
    {
        var epoch = confirmation.Position.Epoch;
        while (lives.TryGetValue((confirmation.Room, epoch), out var life))
        {
            if (confirmation.Position.Sequence > life.Kept)
                return true;
            epoch = life.Next;
        }

        return false;
    }

    private static IEnumerable<Finding> Retries(RunHistory history)
    {
        foreach (var post in history.Posts.Values)
        {
            foreach (var life in post.Confirmations.GroupBy(c => c.Position.Epoch).Where(g => g.Select(c => c.Position.Sequence).Distinct().Count() > 1))
            {
                yield return new Finding(
                    Anomaly.RetryNotIdempotent,
                    $"{post.First.Message} was confirmed at {string.Join(" and at ", life.Select(c => c.Position).Distinct())} of {post.First.Room}");
            }
        }
    }

    /// <summary>A sweep over time: whoever begins to post after a confirmation must stand behind the highest sequence confirmed by then.</summary>
    private static IEnumerable<Finding> Order(RunHistory history)
    {
        var places = new Dictionary<(RoomId, string), List<Position>>();
        foreach (var sighting in history.Sightings.Where(s => s.IsNamed).DistinctBy(s => (s.Room, s.Message, s.Position)))
        {
            if (!places.TryGetValue((sighting.Room, sighting.Message), out var list))
                places.Add((sighting.Room, sighting.Message), list = []);
            list.Add(sighting.Position);
        }

        // Of each life of each room: the highest sequence confirmed strictly before the time of the sweep, and those of this very moment.
        var highest = new Dictionary<(RoomId, Epoch), PostConfirmed>();
        var justNow = new List<PostConfirmed>();
        var begun = new HashSet<string>(StringComparer.Ordinal);
        var now = long.MinValue;
        foreach (var record in history.Records)
        {
            if (record.At != now)
            {
                now = record.At;
                foreach (var confirmed in justNow)
                {
                    var life = (confirmed.Room, confirmed.Position.Epoch);
                    if (!highest.TryGetValue(life, out var top) || top.Position.Sequence < confirmed.Position.Sequence)
                        highest[life] = confirmed;
                }

                justNow.Clear();
            }

            if (record is PostConfirmed ok)
                justNow.Add(ok);
            if (record is not PostInvoked post || !begun.Add(post.Message) || !places.TryGetValue((post.Room, post.Message), out var positions))
                continue;
            foreach (var position in positions)
            {
                if (highest.TryGetValue((post.Room, position.Epoch), out var before) && before.Position.Sequence >= position.Sequence)
                {
                    yield return new Finding(
                        Anomaly.NonmonotonicAppend,
                        $"{post.Message} stands at {post.Room} {position}, though {before.Message} was confirmed at {before.Position} before it was posted");
                }
            }
        }
    }
}
