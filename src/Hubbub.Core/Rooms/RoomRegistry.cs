using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;

namespace Hubbub.Core.Rooms;

/// <summary>Rooms as things: opened, listened to, created, renamed. <paramref name="drawEpoch"/> gives a new log its life.</summary>
public sealed class RoomRegistry(
    IRoomDirectory directory, RoomAccess access, Appender appender, RoomsOptions options, TimeProvider time, Func<Epoch> drawEpoch)
{
    /// <summary>
    /// Authorises an act in a room that may not exist yet: where the options say so, the first one to use a room creates it, public, and owns it.
    /// </summary>
    public async ValueTask<Outcome<Standing>> OpenAsync(Caller caller, RoomId room, Act act, CancellationToken ct)
    {
        var outcome = await access.AuthoriseAsync(caller, room, act, ct);
        if (outcome.Is(out _, out var refusal) || refusal != Refusals.RoomNotFound || !options.CreateOnFirstUse || room.IsDirect || !MayCreate(caller, room))
            return outcome;

        // There is one that the caller may not see; or somebody has made it since we looked, and then it is to be judged.
        if (await directory.FindAsync(room, ct) is not null)
            return await access.AuthoriseAnewAsync(caller, room, act, ct);

        // Strong, as every room is that nobody has declared otherwise. Two may try at once; the log lets one of them create it, and both go on.
        var created = await AppendAsync(caller, room, new RoomCreated(room.Value, Visibility.Public));
        if (created.Refusal is { } failed && failed != Refusals.RoomExists)
            return failed;
        return await access.AuthoriseAsync(caller, room, act, ct);
    }

    /// <summary>
    /// Begins to read a room on somebody's behalf, on whichever carrier: judges, joins, and judges once more by what the store says then. A removal from before the joining is seen by
    /// the second look, a later one finds the subscription and ends it; with one look only, a removal in between would do neither, and its user would go on reading.
    /// </summary>
    public async ValueTask<Refusal?> ListenAsync(Feed feed, Caller caller, RoomId room, StartAt start, FrameId id, CancellationToken ct)
    {
        // Before the room is looked at: a connection that is full must not create rooms.
        if (feed.CheckLimit(room) is { } full)
            return full;
        var opened = await OpenAsync(caller, room, Act.Read, ct);
        if (!opened.Is(out var standing, out var refusal))
            return refusal;
        if (await feed.JoinAsync(standing.Room, start, id, ct) is { } refused)
            return refused;
        try
        {
            if (!(await access.AuthoriseAnewAsync(caller, room, Act.Read, ct)).Is(out _, out refusal))
                feed.Leave(room, default, LeaveReason.Removed);
            return refusal;
        }
        catch (StoreException e)
        {
            // Nobody reads on without a judgement; but this reading has not ended either, and must not be said to.
            feed.Withdraw(room);
            throw new UnjudgedReadingException(e);
        }
        catch
        {
            feed.Withdraw(room);
            throw;
        }
    }

    public async ValueTask<Outcome<Standing>> CreateAsync(
        Caller caller, RoomId room, string? name, Visibility visibility, Consistency consistency, CancellationToken ct)
    {
        if (time.GetUtcNow() >= caller.ExpiresAt)
            return Refusals.TokenExpired;
        if (room.IsDirect)
            return Refusals.Forbidden("An id of this form is a direct room's, which is opened by its people (POST /api/direct).");
        if (!MayCreate(caller, room))
            return Refusals.Forbidden("Your token does not allow this room.");
        if (name is not null && Texts.CheckName(name) is { } badName)
            return badName;
        var outcome = await AppendAsync(caller, room, new RoomCreated(name ?? room.Value, visibility, consistency));
        return outcome.Refusal ?? await access.AuthoriseAsync(caller, room, Act.Read, ct);
    }

    /// <summary>Changes what is asked, each by an event of its own, in this order; where one is refused the ones before it stand.</summary>
    public async ValueTask<Outcome<Standing>> ChangeAsync(Caller caller, RoomId room, RoomChange change, CancellationToken ct)
    {
        if ((change.Name is { } name ? Texts.CheckName(name) : null) is { } badName)
            return badName;
        if ((change.Topic is { } topic ? Texts.CheckTopic(topic) : null) is { } badTopic)
            return badTopic;
        if (change.SlowModeSeconds is < 0 or > Limits.MaxSlowModeSeconds)
            return Refusals.BadRequest($"'slowModeSeconds' is from 0 to {Limits.MaxSlowModeSeconds}.");
        var asked = change.Contents.ToList();
        if (asked.Count == 0)
            return Refusals.BadRequest("Say what is to be otherwise: 'name', 'topic', 'archived' or 'slowModeSeconds'.");
        var known = "";
        foreach (var (act, _) in asked)
        {
            // All of them are judged first, and as the room will be by then.
            var allowed = await access.AuthoriseAsync(caller, room, act, ct);
            if (allowed.Is(out var standing, out var forbidden))
                known = standing.Room.Name;
            else if (forbidden != Refusals.Archived || change.IsArchived != false)
                return forbidden;
        }

        foreach (var (_, content) in asked)
        {
            if (content is RoomRenamed renamed && renamed.Name == known)
                continue;
            var outcome = await AppendAsync(caller, room, content);
            if (outcome.Refusal is { } failed)
                return failed;
        }

        return await access.AuthoriseAsync(caller, room, Act.Read, ct);
    }

    private static bool MayCreate(Caller caller, RoomId room) => caller.Grants is null || caller.Grants.TryFind(room, out _);

    private Task<AppendOutcome> AppendAsync(Caller caller, RoomId room, EventContent content) =>
        appender.AppendAsync(new Draft(room, caller.User, time.GetUtcNow(), null, content, drawEpoch()));
}

/// <summary>What is to be otherwise in a room; null for what stays as it is.</summary>
/// <param name="Name">Its name (owners).</param>
/// <param name="Topic">Its topic (owners); empty for none.</param>
/// <param name="IsArchived">Whether it is in the archive (owners).</param>
/// <param name="SlowModeSeconds">The time between two messages of one member (owners); 0 for none.</param>
public sealed record RoomChange(string? Name = null, string? Topic = null, bool? IsArchived = null, int? SlowModeSeconds = null)
{
    /// <summary>The events that say so, each with the act that it is. A room is taken out of the archive first, and put there last.</summary>
    public IEnumerable<(Act Act, EventContent Content)> Contents
    {
        get
        {
            if (IsArchived == false)
                yield return (Act.Archive, new RoomUnarchived());
            if (Name is not null)
                yield return (Act.Rename, new RoomRenamed(Name));
            if (Topic is not null)
                yield return (Act.ChangeTopic, new TopicChanged(Topic));
            if (SlowModeSeconds is { } seconds)
                yield return (Act.ChangePace, new SlowModeChanged(seconds));
            if (IsArchived == true)
                yield return (Act.Archive, new RoomArchived());
        }
    }
}
