using Hubbub.Protocol;

namespace Hubbub.Torture.History;

/// <summary>What a page promises: everything confirmed before it was asked for, and everything that its reader has seen before.</summary>
internal static class PageChecks
{
    public static IEnumerable<Finding> Check(RunHistory history)
    {
        var confirmed = history.Of<PostConfirmed>().ToLookup(c => (c.Room, c.Position.Epoch));
        var earlier = new Dictionary<(string, RoomId, Epoch), List<(long At, Entry Entry)>>();
        foreach (var page in history.Of<PageRead>())
        {
            var holds = page.Entries.Select(e => e.Message).ToHashSet(StringComparer.Ordinal);
            foreach (var ok in confirmed[(page.Room, page.Epoch)])
            {
                if (ok.At < page.InvokedAt && IsWithin(page, ok.Position.Sequence) && !holds.Contains(ok.Message))
                {
                    yield return new Finding(
                        Anomaly.StaleRead, $"{page.Client} read {page.Room} after {page.After} and did not find {ok.Message}, confirmed before at {ok.Position}");
                }
            }

            var sequences = page.Entries.Select(e => e.Position.Sequence).ToHashSet();
            if (!earlier.TryGetValue((page.Client, page.Room, page.Epoch), out var seen))
                earlier.Add((page.Client, page.Room, page.Epoch), seen = []);
            foreach (var (at, entry) in seen)
            {
                if (at < page.InvokedAt && IsWithin(page, entry.Position.Sequence) && !sequences.Contains(entry.Position.Sequence))
                    yield return new Finding(Anomaly.ShrinkingRead, $"{page.Client} read {entry.Message} at {page.Room} {entry.Position} before, and now it is not there");
            }

            seen.AddRange(page.Entries.Select(e => (page.At, e)));
        }
    }

    private static bool IsWithin(PageRead page, long sequence) => sequence > page.After && sequence <= page.UpTo;
}
