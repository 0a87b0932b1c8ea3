using System.Text;
using System.Text.Json.Nodes;
using Hubbub.Core.Broker;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.TestKit.Simulation;
using Hubbub.UnitTests.Rooms;

namespace Hubbub.UnitTests.Simulation;

/// <summary>A reader is not handed every eleventh event, as from a lane that has lost it.</summary>
internal sealed class SkipsFrames : Mutation
{
    public override IFrameSink Wrap(IFrameSink sink) => new Sink(sink);

    private sealed class Sink(IFrameSink inner) : SinkAround(inner)
    {
        private int _events;

        public override void Write(Frame frame, Subscription? subscription)
        {
            if (frame.Event is null || ++_events % 11 != 0)
                base.Write(frame, subscription);
        }
    }
}

/// <summary>A reader is handed every eleventh event twice.</summary>
internal sealed class RepeatsFrames : Mutation
{
    public override IFrameSink Wrap(IFrameSink sink) => new Sink(sink);

    private sealed class Sink(IFrameSink inner) : SinkAround(inner)
    {
        private int _events;

        public override void Write(Frame frame, Subscription? subscription)
        {
            base.Write(frame, subscription);
            if (frame.Event is not null && ++_events % 11 == 0)
                base.Write(frame, subscription);
        }
    }
}

/// <summary>Somebody's frame goes out on the wrong connection.</summary>
internal sealed class StraysFrames : Mutation
{
    private Frame? _stray;

    public override IFrameSink Wrap(IFrameSink sink) => new Sink(this, sink);

    private sealed class Sink(StraysFrames mutation, IFrameSink inner) : SinkAround(inner)
    {
        private int _answers;

        public override void Write(Frame frame, Subscription? subscription)
        {
            base.Write(frame, subscription);
            if (frame.Event is not null)
                mutation._stray = frame;
            else if (++_answers % 3 == 0 && mutation._stray is { } stray)
                base.Write(stray, null);
        }
    }
}

/// <summary>The acknowledgement goes out first, with the position that the event will surely get; the store follows when it has time.</summary>
internal sealed class AcknowledgesBeforeStoring : Mutation
{
    public override IRoomLog Wrap(IRoomLog log, Simulator sim) => new Log(log, sim);

    private sealed class Log(IRoomLog inner, Simulator sim) : LogAround(inner)
    {
        public override async ValueTask<IReadOnlyList<AppendOutcome>> AppendAsync(IReadOnlyList<Draft> batch, CancellationToken ct)
        {
            if (batch.Any(d => d.Content is not MessagePosted))
                return await base.AppendAsync(batch, ct);
            var heads = await Inner.HeadsAsync([.. batch.Select(d => d.Room)], ct);
            var told = new List<AppendOutcome>();
            var next = new Dictionary<RoomId, Position>();
            for (var i = 0; i < batch.Count; i++)
            {
                var draft = batch[i];
                if (heads[i] is not { } head)
                    return await base.AppendAsync(batch, ct);
                var before = next.GetValueOrDefault(draft.Room, head);
                next[draft.Room] = before with { Sequence = before.Sequence + 1 };
                told.Add(AppendOutcome.Appended(new RoomEvent(draft.Room, next[draft.Room], draft.Sender, draft.SentAt, draft.Key, draft.Content)));
            }

            sim.After(TimeSpan.FromMilliseconds(300), async () =>
            {
                try
                {
                    await base.AppendAsync(batch, CancellationToken.None);
                }
                catch (StoreException)
                {
                    // Too late to tell anybody.
                }
            });
            return told;
        }
    }
}

/// <summary>A failed append is reported as refused: nothing was stored, it says, and sometimes that is not so.</summary>
internal sealed class TakesUnknownForRefused : Mutation
{
    public override IRoomLog Wrap(IRoomLog log, Simulator sim) => new Log(log);

    private sealed class Log(IRoomLog inner) : LogAround(inner)
    {
        public override async ValueTask<IReadOnlyList<AppendOutcome>> AppendAsync(IReadOnlyList<Draft> batch, CancellationToken ct)
        {
            try
            {
                return await base.AppendAsync(batch, ct);
            }
            catch (StoreException)
            {
                return [.. batch.Select(_ => AppendOutcome.Refused(Refusals.Forbidden("The store said no.")))];
            }
        }
    }
}

/// <summary>The store does not remember keys, so a retry is stored again.</summary>
internal sealed class ForgetsKeys : Mutation
{
    public override IRoomLog Wrap(IRoomLog log, Simulator sim) => new Log(log);

    private sealed class Log(IRoomLog inner) : LogAround(inner)
    {
        public override ValueTask<IReadOnlyList<AppendOutcome>> AppendAsync(IReadOnlyList<Draft> batch, CancellationToken ct) =>
            base.AppendAsync([.. batch.Select(d => d with { Key = null })], ct);
    }
}

/// <summary>A page from the store lacks an event in its midst.</summary>
internal sealed class ReadsWithHoles : Mutation
{
    public override IRoomLog Wrap(IRoomLog log, Simulator sim) => new Log(log);

    private sealed class Log(IRoomLog inner) : LogAround(inner)
    {
        public override async ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct) =>
            await base.ReadAsync(room, after, limit, ct) is { Events.Count: > 3 } page
                ? page with { Events = [.. page.Events.Where((_, i) => i != 2)] }
                : await base.ReadAsync(room, after, limit, ct);
    }
}

/// <summary>A page comes from a replica that lags behind by an event.</summary>
internal sealed class ReadsTheLatestLate : Mutation
{
    public override IRoomLog Wrap(IRoomLog log, Simulator sim) => new Log(log);

    private sealed class Log(IRoomLog inner) : LogAround(inner)
    {
        public override async ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct) =>
            await base.ReadAsync(room, after, limit, ct) is { Events.Count: > 0 } page && page.Events[^1].Sequence == page.Head.Sequence
                ? new LogPage(page.Head with { Sequence = page.Head.Sequence - 1 }, [.. page.Events.SkipLast(1)])
                : await base.ReadAsync(room, after, limit, ct);
    }
}

/// <summary>What comes from the store says something else than what was posted.</summary>
internal sealed class GarblesPages : Mutation
{
    public override IRoomLog Wrap(IRoomLog log, Simulator sim) => new Log(log);

    private sealed class Log(IRoomLog inner) : LogAround(inner)
    {
        public override async ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct) =>
            await base.ReadAsync(room, after, limit, ct) is { } page ? page with { Events = [.. page.Events.Select(Garble)] } : null;

        private static RoomEvent Garble(RoomEvent e) =>
            e.Content is MessagePosted posted && e.Sequence % 5 == 0 ? e with { Content = new MessagePosted(posted.Text + "!") } : e;
    }
}

/// <summary>No node hears of another's events.</summary>
internal class AnnouncesNothing : Mutation
{
    public override IBroker Wrap(IBroker broker) => new Broker(broker);

    private sealed class Broker(IBroker inner) : BrokerAround(inner)
    {
        public override void Announce(Announcement announcement)
        {
            // Nobody is told.
        }
    }
}

/// <summary>No node hears of another's events, and nobody compares heads.</summary>
internal sealed class DeafAndBlind : AnnouncesNothing
{
    public override Scenario Change(Scenario scenario) => scenario with { Hub = scenario.Hub with { SweepInterval = TimeSpan.FromDays(1) } };
}

/// <summary>A node announces events that were never committed.</summary>
internal sealed class AnnouncesWhatNeverWas : Mutation
{
    public override IBroker Wrap(IBroker broker) => new Broker(broker);

    private sealed class Broker(IBroker inner) : BrokerAround(inner)
    {
        public override void Announce(Announcement announcement)
        {
            base.Announce(announcement);
            if (announcement is EventAnnounced { Event: { Content: MessagePosted } e } && e.Sequence % 5 == 0)
                base.Announce(new EventAnnounced(e with { Position = e.Position with { Sequence = e.Sequence + 1 } }));
        }
    }
}

/// <summary>A ring that says "there is more" is lost.</summary>
internal sealed class LosesRings : Mutation
{
    public override bool LosesRingsOfFullSinks => true;
}

/// <summary>A loop does not hear every seventh ring of a room.</summary>
internal sealed class LosesRingsOfAudiences : Mutation
{
    public override IShard Wrap(IShard shard) => new Shard(shard);

    private sealed class Shard(IShard inner) : IShard
    {
        private int _rings;

        public Outbox Outbox => inner.Outbox;

        public void Send(ReadOnlySpan<ShardConnection> to, ReadOnlySpan<byte> bytes, Span<int> taken) => inner.Send(to, bytes, taken);

        public void Ring(Feed feed) => inner.Ring(feed);

        public void Ring(Audience audience)
        {
            if (++_rings % 7 != 0)
                inner.Ring(audience);
        }
    }
}

/// <summary>A frame is now and then sent in the compressed form of the one before it, as from a cache with a wrong key; plain readers get the right one.</summary>
internal sealed class MixesUpCompressedForms : Mutation
{
    public override Func<byte[], byte[]> WrapCompressed()
    {
        byte[]? last = null;
        var count = 0;
        return payload =>
        {
            var sent = ++count % 7 == 0 ? last! : payload;
            last = payload;
            return sent;
        };
    }
}

/// <summary>The directory does not know of removals.</summary>
internal sealed class ForgetsRemovals : Mutation
{
    public override IRoomDirectory Wrap(IRoomDirectory directory) => new Directory(directory);

    private sealed class Directory(IRoomDirectory inner) : DirectoryAround(inner)
    {
        public override async ValueTask<Membership?> MembershipAsync(RoomId room, UserId user, CancellationToken ct) =>
            await base.MembershipAsync(room, user, ct) is { IsRemoved: false } member ? member : null;
    }
}

/// <summary>Nobody is continued: whoever comes back is told that it is too far behind.</summary>
internal sealed class ResetsEverybody : Mutation
{
    public override Scenario Change(Scenario scenario) => scenario with { Hub = scenario.Hub with { MaxReplay = 0 } };
}

/// <summary>Who is told that events were skipped is told one too many.</summary>
internal sealed class MiscountsSkips : Mutation
{
    public override Scenario Change(Scenario scenario) => scenario with { Relaxed = scenario.Rooms };

    public override IFrameSink Wrap(IFrameSink sink) => new Sink(sink);

    private sealed class Sink(IFrameSink inner) : SinkAround(inner)
    {
        public override void Write(Frame frame, Subscription? subscription)
        {
            var told = frame;
            if (frame.IsSkip)
            {
                var json = JsonNode.Parse(frame.Json.Span)!;
                json["payload"]!["count"] = json["payload"]!["count"]!.GetValue<long>() + 1;
                told = Frame.Answer(Encoding.UTF8.GetBytes(json.ToJsonString()));
            }

            base.Write(told, subscription);
        }
    }
}

/// <summary>Nobody is told that events were skipped.</summary>
internal sealed class SkipsInSilence : Mutation
{
    public override Scenario Change(Scenario scenario) => scenario with { Relaxed = scenario.Rooms };

    public override IFrameSink Wrap(IFrameSink sink) => new Sink(sink);

    private sealed class Sink(IFrameSink inner) : SinkAround(inner)
    {
        public override void Write(Frame frame, Subscription? subscription)
        {
            if (!frame.IsSkip)
                base.Write(frame, subscription);
        }
    }
}
