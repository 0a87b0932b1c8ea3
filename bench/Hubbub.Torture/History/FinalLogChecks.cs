using Hubbub.Protocol;

namespace Hubbub.Torture.History;

/// <summary>What everyone must agree on after the healing: one log, in order, without holes.</summary>
internal static class FinalLogChecks
{
    public static IEnumerable<Finding> Check(RunHistory history)
    {
        foreach (var final in history.Of<FinalLog>())
        {
            foreach (var finding in Order(final))
                yield return finding;
        }

        foreach (var room in history.Of<FinalLog>().GroupBy(f => f.Room))
        {
            var store = room.LastOrDefault(f => f.Source == FinalSource.Store);
            foreach (var client in room.Where(f => f.Source == FinalSource.Client && store is not null))
            {
                if (FirstDifference(store!, client) is { } difference)
                    yield return new Finding(Anomaly.FinalLogDiffers, $"{room.Key}: {difference}");
            }
        }
    }

    private static IEnumerable<Finding> Order(FinalLog final)
    {
        var before = new Position(final.Entries.Count > 0 ? final.Entries[0].Position.Epoch : default, 0);
        foreach (var entry in final.Entries)
        {
            var position = entry.Position;
            if (position.Epoch != before.Epoch || position.Sequence <= before.Sequence)
                yield return new Finding(Anomaly.FinalLogDiffers, $"{final.Room}, read from the {final.Source}, has {position} after {before}");
            else if (position.Sequence != before.Sequence + 1)
                yield return new Finding(Anomaly.SequenceHole, $"{final.Room}, read from the {final.Source}, has {position} right after {before}");
            before = position;
        }
    }

    private static string? FirstDifference(FinalLog store, FinalLog client)
    {
        for (var i = 0; i < Math.Max(store.Entries.Count, client.Entries.Count); i++)
        {
            var kept = i < store.Entries.Count ? Describe(store.Entries[i]) : "nothing";
            var read = i < client.Entries.Count ? Describe(client.Entries[i]) : "nothing";
            if (kept != read)
                return $"the store holds {kept} where the client reads {read}";
        }

        return null;
    }

    private static string Describe(Entry entry) => $"{entry.Message}~{entry.Hash:x} at {entry.Position}";
}
