using System.Net;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;
using Hubbub.Server.Auth;

namespace Hubbub.Server.Transports.Http;

/// <summary>
/// Polling, plain and long: the answer always comes from the store, so it is never older than what was acknowledged anywhere; a long poll that found nothing waits at the lanes and
/// asks again when one rings. Nothing is kept between two polls.
/// </summary>
internal sealed class Poll(Hub hub, IRoomLog log, Messages messages, RoomRegistry rooms, Connections connections, Admission admission, Tokens tokens, HubbubOptions options, TimeProvider time)
{
    /// <summary>The page that ends just before an event, or that surrounds one.</summary>
    public async ValueTask<Outcome<PollPage>> HistoryAsync(Caller caller, RoomId room, EventsQuery query, CancellationToken ct)
    {
        var opened = await rooms.OpenAsync(caller, room, Act.Read, ct);
        if (!opened.Is(out _, out var refusal))
            return refusal;
        var asked = query.Before ?? query.Around!.Value;
        if (await HeadAsync(room, ct) is not { } head)
            return Refusals.RoomNotFound;

        // "Before" what comes next is a fair question; further on there is nothing.
        var allowed = query.Before is null ? head : head with { Sequence = head.Sequence + 1 };
        if (CatchUp.Start(asked, allowed, long.MaxValue) is not null)
            return new PollPage(room, [], head, head.Sequence, new Gap(asked, head, GapReason.LostPast));
        var (after, count) = query.Before is { } before
            ? (Math.Max(0, before.Sequence - 1 - query.Limit), (int)Math.Clamp(before.Sequence - 1, 0, query.Limit))
            : (Math.Max(0, asked.Sequence - 1 - (query.Limit / 2)), query.Limit);
        return await PageAsync(room, head with { Sequence = after }, count, ct) is { } page ? await WithLaterAsync(page, ct) : Refusals.RoomNotFound;
    }

    /// <summary>What comes after each room's position, now or (with a wait) as soon as one of them has something.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="asked">The rooms.</param>
    /// <param name="limit">Events of a room.</param>
    /// <param name="wait">How long to wait for news.</param>
    /// <param name="address">Where the question comes from.</param>
    /// <param name="ct">The caller has gone.</param>
    public async ValueTask<Outcome<PollAnswer>> AskAsync(
        Caller caller, IReadOnlyList<RoomPosition> asked, int limit, TimeSpan wait, IPAddress? address, CancellationToken ct)
    {
        var pages = await LookAsync(caller, asked, limit, ct);
        if (wait <= TimeSpan.Zero || pages.Any(p => p.HasNews))
            return new PollAnswer(pages);
        if (admission.TryEnter(address, out var place) is { } full)
            return full;
        try
        {
            return admission.TryIdentify(caller.User, ref place) is { } tooMany ? tooMany : await WaitAsync(caller, pages, limit, wait, ct);
        }
        finally
        {
            admission.Leave(place);
        }
    }

    private async ValueTask<Outcome<PollAnswer>> WaitAsync(Caller caller, IReadOnlyList<PollPage> pages, int limit, TimeSpan wait, CancellationToken ct)
    {
        using var waiter = new WaitingPoll(hub.OpenFeed(), () => tokens.Amend(caller).Is(out _, out _));
        waiter.Feed.Identify(caller.User);
        connections.Add(waiter);
        try
        {
            // From now on the question is where the first look ended, so that nothing that comes meanwhile is missed.
            var next = pages.Select(p => new RoomPosition(p.Room, StartAt.Behind(p.Position))).ToList();
            if (await JoinAsync(caller, waiter.Feed, next, ct))
                await waiter.WaitAsync(wait, time, ct);
            return tokens.Amend(caller).Is(out _, out var ended) ? new PollAnswer(await LookAsync(caller, next, limit, ct), waiter.ShallMove) : ended;
        }
        finally
        {
            connections.Remove(waiter);
        }
    }

    private async ValueTask<bool> JoinAsync(Caller caller, Feed feed, List<RoomPosition> asked, CancellationToken ct)
    {
        foreach (var (room, start) in asked)
        {
            if (await rooms.ListenAsync(feed, caller, room, start, default, ct) is not null)
                return false;
        }

        return true;
    }

    private async ValueTask<IReadOnlyList<PollPage>> LookAsync(Caller caller, IReadOnlyList<RoomPosition> asked, int limit, CancellationToken ct)
    {
        var pages = new List<PollPage>(asked.Count);
        foreach (var (room, start) in asked)
        {
            var opened = await rooms.OpenAsync(caller, room, Act.Read, ct);
            pages.Add(opened.Is(out _, out var refusal)
                ? await LookAsync(room, start, limit, ct) ?? PollPage.Refused(room, Refusals.RoomNotFound)
                : PollPage.Refused(room, refusal));
        }

        return pages;
    }

    private async ValueTask<PollPage?> LookAsync(RoomId room, StartAt start, int limit, CancellationToken ct)
    {
        if (await HeadAsync(room, ct) is not { } head)
            return null;
        var (position, gap) = start.Resolve(head, options.MaxReplay);
        if (gap is not null)
            return new PollPage(room, [], gap.To, head.Sequence, gap);
        var page = await PageAsync(room, position, limit, ct);
        return page is not null && start.Last is not null ? await WithLaterAsync(page, ct) : page;
    }

    /// <summary>A page that somebody begins with, instead of reading on, with what has happened to its messages since.</summary>
    private async ValueTask<PollPage> WithLaterAsync(PollPage page, CancellationToken ct) =>
        page.Events.Count == 0 || page.Events[^1].Sequence >= page.Head ? page : page with { Later = await messages.LaterAsync(page.Room, page.Events, ct) };

    private async ValueTask<PollPage?> PageAsync(RoomId room, Position after, int limit, CancellationToken ct)
    {
        if (limit == 0)
            return await HeadAsync(room, ct) is { } known ? new PollPage(room, [], after, known.Sequence) : null;
        if (await log.ReadAsync(room, after.Sequence, limit, ct) is not { } page)
            return null;
        return new PollPage(room, page.Events, page.Events.Count == 0 ? after : page.Events[^1].Position, page.Head.Sequence);
    }

    private async ValueTask<Position?> HeadAsync(RoomId room, CancellationToken ct) => (await log.HeadsAsync([room], ct))[0];
}

/// <summary>What a poll found.</summary>
/// <param name="Pages">One for each room asked, in their order.</param>
/// <param name="ShallMove">Whether the reader is to ask again elsewhere: this node drains.</param>
internal sealed record PollAnswer(IReadOnlyList<PollPage> Pages, bool ShallMove = false);
