using Hubbub.Protocol;
using Hubbub.Protocol.Frames;
using Hubbub.Torture.History;

namespace Hubbub.UnitTests.History;

/// <summary>Plants one anomaly of a given kind in a good history. False where this history has no occasion for it.</summary>
internal static class Planted
{
    public static bool Plant(Anomaly kind, List<Record> records, Random random) => kind switch
    {
        Anomaly.InconsistentSequence => Change<Delivered>(
            records, random, d => SeenByOthers(records, d), d => d with { Entry = d.Entry with { Message = OtherMessage(records, d) } }),
        Anomaly.DuplicateInLog => Change<FinalLog>(
            records, random, f => f.Entries.Any(e => e.IsNamed), f => f with { Entries = [.. f.Entries, Again(f)] }),
        Anomaly.LostWrite => LoseWrite(records, random),
        Anomaly.FailedWriteVisible => RefuseVisible(records, random),
        Anomaly.Phantom => Change<PageRead>(
            records, random, p => p.Entries.Any(e => e.IsNamed), p => p with { Entries = [.. p.Entries.Select(e => e.IsNamed ? e with { Message = "ghost" } : e)] }),
        Anomaly.Misrouted => Misroute(records, random),
        Anomaly.CorruptPayload => Change<Delivered>(
            records, random, d => d.Entry.IsNamed, d => d with { Entry = d.Entry with { Hash = ~d.Entry.Hash } }),
        Anomaly.Unobserved => Unobserve(records, random),
        Anomaly.Skip => Remove<Delivered>(records, random, d => HasNeighbours(records, d)),
        Anomaly.Nonmonotonic => Repeat<Delivered>(records, random, _ => true, d => d),
        Anomaly.Duplicate => Repeat<HandedOn>(records, random, h => h.Entry.IsNamed, h => h),
        Anomaly.NonmonotonicToApp => Repeat<HandedOn>(
            records, random, h => h.Entry.Position.Sequence > 1, h => h with { Entry = new Entry(Before(h.Entry.Position), "#late", 0) }),
        Anomaly.NonmonotonicAppend => PostLate(records, random),
        Anomaly.RetryNotIdempotent => Repeat<PostConfirmed>(records, random, _ => true, c => c with { Position = Before(c.Position) }),
        Anomaly.SequenceHole => Change<FinalLog>(
            records, random, f => f.Entries.Count > 2, f => f with { Entries = [.. f.Entries.Where((_, i) => i != f.Entries.Count - 2)] }),
        Anomaly.FinalLogDiffers => Change<FinalLog>(records, random, f => f.Entries.Count > 0, f => f with { Entries = [.. f.Entries.SkipLast(1)] }),
        Anomaly.StaleRead => Change<PageRead>(
            records, random, p => Confirmed(records, p) is not null, p => p with { Entries = [.. p.Entries.Where(e => e.Message != Confirmed(records, p))] }),
        Anomaly.ShrinkingRead => Change<PageRead>(
            records, random, p => ReadBefore(records, p) is not null, p => p with { Entries = [.. p.Entries.Where(e => e.Position != ReadBefore(records, p))] }),
        Anomaly.DeliveryAfterRemoval => DeliverLate(records, random),
        Anomaly.DeliveryWithoutSubscription => Change<Delivered>(records, random, _ => true, d => d with { Session = d.Session + 1000 }),
        Anomaly.NeedlessReset => Reset(records, random),
        Anomaly.Miscount => Change<SkipTold>(records, random, _ => true, s => s with { Count = s.Count + 1 }),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No one has said how to plant this."),
    };

    private static Position Before(Position position) => position with { Sequence = position.Sequence - 1 };

    private static bool Change<T>(List<Record> records, Random random, Predicate<T> suits, Func<T, Record> change) where T : Record =>
        At(records, random, suits, i => records[i] = change((T)records[i]));

    private static bool Remove<T>(List<Record> records, Random random, Predicate<T> suits) where T : Record =>
        At(records, random, suits, records.RemoveAt);

    private static bool Repeat<T>(List<Record> records, Random random, Predicate<T> suits, Func<T, Record> again) where T : Record =>
        At(records, random, suits, i => records.Insert(i + 1, again((T)records[i])));

    private static bool At<T>(List<Record> records, Random random, Predicate<T> suits, Action<int> act) where T : Record
    {
        var places = Enumerable.Range(0, records.Count).Where(i => records[i] is T record && suits(record)).ToArray();
        if (places.Length == 0)
            return false;
        act(places[random.Next(places.Length)]);
        return true;
    }

    private static bool SeenByOthers(List<Record> records, Delivered seen) => seen.Entry.IsNamed
        && OtherMessage(records, seen) != seen.Entry.Message
        && new RunHistory(records).Sightings.Count(s => s.Room == seen.Room && s.Position == seen.Entry.Position) > 1;

    private static string OtherMessage(List<Record> records, Delivered seen) =>
        records.OfType<PostInvoked>().FirstOrDefault(p => p.Message != seen.Entry.Message)?.Message ?? seen.Entry.Message;

    private static Entry Again(FinalLog final)
    {
        var last = final.Entries[^1].Position;
        return final.Entries.First(e => e.IsNamed) with { Position = last with { Sequence = last.Sequence + 1 } };
    }

    private static bool LoseWrite(List<Record> records, Random random)
    {
        // Only what was confirmed in the last life: earlier ones may be excused.
        var finals = records.OfType<FinalLog>().SelectMany(f => f.Entries.Select(e => (f.Room, e.Position))).ToHashSet();
        return At<PostConfirmed>(records, random, c => finals.Contains((c.Room, c.Position)), i =>
        {
            var lost = (PostConfirmed)records[i];
            for (var j = 0; j < records.Count; j++)
            {
                if (records[j] is FinalLog final)
                    records[j] = final with { Entries = [.. final.Entries.Where(e => e.Message != lost.Message)] };
            }
        });
    }

    private static bool RefuseVisible(List<Record> records, Random random)
    {
        var visible = records.OfType<Delivered>().Select(d => d.Entry.Message).ToHashSet(StringComparer.Ordinal);
        return At<PostInvoked>(records, random, p => visible.Contains(p.Message), i =>
        {
            var message = ((PostInvoked)records[i]).Message;
            records.RemoveAll(r => r is PostConfirmed c && c.Message == message);
            var attempts = records.OfType<PostInvoked>().Where(p => p.Message == message).ToArray();
            records.AddRange(attempts.Select(p => new PostRefused(records[^1].At, p.Client, p.Room, message)));
        });
    }

    private static bool Misroute(List<Record> records, Random random)
    {
        var visible = records.OfType<Delivered>().Select(d => d.Entry.Message).ToHashSet(StringComparer.Ordinal);
        return At<PostInvoked>(records, random, p => visible.Contains(p.Message), i =>
        {
            var message = ((PostInvoked)records[i]).Message;
            for (var j = 0; j < records.Count; j++)
            {
                if (records[j] is PostInvoked invoked && invoked.Message == message)
                    records[j] = invoked with { Room = RoomId.Parse("elsewhere") };
            }
        });
    }

    private static bool Unobserve(List<Record> records, Random random)
    {
        var finals = records.OfType<FinalLog>().SelectMany(f => f.Entries.Select(e => (f.Room, e.Position))).ToHashSet();
        var ended = records.OfType<Ended>().Select(e => (e.Client, e.Room)).ToHashSet();

        // Not what a later gap excuses or makes the client drop, nor what was skipped another time.
        return Remove<HandedOn>(records, random, h => finals.Contains((h.Room, h.Entry.Position)) && !ended.Contains((h.Client, h.Room))
            && !records.OfType<GapTold>().Any(g => g.Client == h.Client && g.Room == h.Room && g.To.Sequence >= h.Entry.Position.Sequence)
            && !records.OfType<SkipTold>().Any(s => s.Client == h.Client && s.Room == h.Room && s.From.Sequence < h.Entry.Position.Sequence && s.To.Sequence >= h.Entry.Position.Sequence));
    }

    private static bool HasNeighbours(List<Record> records, Delivered middle)
    {
        var session = records.OfType<Delivered>().Where(d => d.Client == middle.Client && d.Session == middle.Session && d.Room == middle.Room).ToList();
        var next = session.IndexOf(middle) + 1;
        return next < session.Count && session[next].Entry.Position.Epoch == middle.Entry.Position.Epoch
            && !records.SkipWhile(r => r != middle).TakeWhile(r => r != session[next])
                .Any(r => (r is GapTold gap && gap.Client == middle.Client && gap.Room == middle.Room)
                    || (r is SkipTold skip && skip.Client == middle.Client && skip.Room == middle.Room));
    }

    private static bool PostLate(List<Record> records, Random random)
    {
        // A message that stands before a confirmed one is made to begin only after that confirmation.
        var places = new RunHistory(records).Sightings.Where(s => s.IsNamed).ToLookup(s => (s.Room, s.Position.Epoch));
        return At<PostConfirmed>(records, random, c => places[(c.Room, c.Position.Epoch)].Any(s => s.Position.Sequence < c.Position.Sequence), i =>
        {
            var confirmed = (PostConfirmed)records[i];
            var earlier = places[(confirmed.Room, confirmed.Position.Epoch)].First(s => s.Position.Sequence < confirmed.Position.Sequence).Message;
            var begun = records.OfType<PostInvoked>().First(p => p.Message == earlier);
            records.RemoveAll(r => r is PostInvoked p && p.Message == earlier);
            records.Insert(records.IndexOf(confirmed) + 1, begun with { At = confirmed.At + 1 });
        });
    }

    private static string? Confirmed(List<Record> records, PageRead page) => page.Entries
        .Select(e => e.Message)
        .FirstOrDefault(m => records.OfType<PostConfirmed>().Any(c => c.Message == m && c.Room == page.Room && c.Position.Epoch == page.Epoch && c.At < page.InvokedAt));

    private static Position? ReadBefore(List<Record> records, PageRead page)
    {
        var before = records.OfType<PageRead>()
            .Where(p => p.Client == page.Client && p.Room == page.Room && p.At < page.InvokedAt)
            .SelectMany(p => p.Entries.Select(e => e.Position))
            .ToHashSet();
        var both = page.Entries.Where(e => before.Contains(e.Position)).Select(e => e.Position).ToArray();
        return both.Length > 0 ? both[0] : null;
    }

    private static bool DeliverLate(List<Record> records, Random random) => At<MemberRemoved>(records, random, _ => true, i =>
    {
        var removed = (MemberRemoved)records[i];
        var session = records.OfType<Subscribed>().Last(s => s.Client == removed.Client && s.Room == removed.Room);
        var end = records.FindIndex(r => r is FinalLog);
        var entry = new Entry(session.From with { Sequence = 5000 }, "#fence", 0);
        records.Insert(end, new Delivered(records[end - 1].At + TimeSpan.TicksPerMinute, removed.Client, session.Session, removed.Room, entry));
    });

    private static bool Reset(List<Record> records, Random random) => At<Delivered>(
        records,
        random,
        d => !records.OfType<LifeEnded>().Any(l => l.Room == d.Room && l.Epoch == d.Entry.Position.Epoch),
        i =>
        {
            var seen = (Delivered)records[i];
            var to = seen.Entry.Position;
            records.Insert(i + 1, new GapTold(seen.At, seen.Client, seen.Session, seen.Room, to, to, GapReason.LostPast));
        });
}
