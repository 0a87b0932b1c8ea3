using System.Runtime.InteropServices;
using Hubbub.Core.Files;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Core.Log;

/// <summary>
/// The reference store: rooms, events and directory in the memory of one process, gone with it. The log and its projection (names, members) are one
/// state under one lock, so an append changes both or neither. Thread-safe; every call completes synchronously.
/// </summary>
/// <param name="time">Only to forget used tickets some minutes after they expire.</param>
public sealed partial class InMemoryStore(TimeProvider time) : IRoomLog, IRoomDirectory, IMessages, IFiles
{
    private readonly Lock _lock = new();
    private readonly Dictionary<RoomId, RoomState> _rooms = [];

    public ValueTask<IReadOnlyList<AppendOutcome>> AppendAsync(IReadOnlyList<Draft> batch, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (ct.IsCancellationRequested)
            return ValueTask.FromCanceled<IReadOnlyList<AppendOutcome>>(ct);
        var outcomes = new AppendOutcome[batch.Count];
        lock (_lock)
        {
            for (var i = 0; i < outcomes.Length; i++)
                outcomes[i] = Append_NeedsLock(batch[i]);
        }

        return ValueTask.FromResult<IReadOnlyList<AppendOutcome>>(outcomes);
    }

    public ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, Limits.MaxPage);
        lock (_lock)
        {
            if (!_rooms.TryGetValue(room, out var state))
                return ValueTask.FromResult<LogPage?>(null);
            var from = (int)Math.Min(after, state.Events.Count);
            var page = state.Events.GetRange(from, Math.Min(limit, state.Events.Count - from));
            return ValueTask.FromResult<LogPage?>(new LogPage(state.Head, page));
        }
    }

    public ValueTask<IReadOnlyList<Position?>> HeadsAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(rooms);
        var heads = new Position?[rooms.Count];
        lock (_lock)
        {
            for (var i = 0; i < heads.Length; i++)
                heads[i] = _rooms.TryGetValue(rooms[i], out var state) ? state.Head : null;
        }

        return ValueTask.FromResult<IReadOnlyList<Position?>>(heads);
    }

    /// <summary>Where every room's log stands.</summary>
    internal IReadOnlyList<(RoomId Room, Position Head)> Heads()
    {
        lock (_lock)
            return [.. _rooms.Select(room => (room.Key, room.Value.Head))];
    }

    /// <summary>Begins a new life of every room, as after a restored backup: the same events under new positions.</summary>
    public void RenewEpochs(Func<Epoch> draw)
    {
        ArgumentNullException.ThrowIfNull(draw);
        lock (_lock)
        {
            foreach (var state in _rooms.Values)
            {
                state.Epoch = draw();
                foreach (ref var stored in CollectionsMarshal.AsSpan(state.Events))
                    stored = stored with { Position = stored.Position with { Epoch = state.Epoch } };
            }
        }
    }

    private AppendOutcome Append_NeedsLock(Draft draft)
    {
        if (draft.Content is RoomCreated created)
            return Create_NeedsLock(draft, created);
        if (!_rooms.TryGetValue(draft.Room, out var state))
            return AppendOutcome.Refused(Refusals.RoomNotFound);
        if (draft.Key is not null && state.Keys.TryGetValue((draft.Sender.Id, draft.Key), out var known))
        {
            var original = state.Events[(int)known - 1];
            return original.Content.IsRepeatedBy(draft.Content) ? AppendOutcome.Repeated(original) : AppendOutcome.Refused(Refusals.KeyReused);
        }

        if (state.Judge(draft) is { } verdict)
            return verdict;
        var files = (draft.Content as MessagePosted)?.Files;
        if (files is not null && !AreFree_NeedsLock(draft, files))
            return AppendOutcome.Refused(Refusals.BadFiles);
        var stored = state.Store(draft);
        if (files is not null)
            Claim_NeedsLock(stored, files);
        if (draft.Content is MessageDeleted deleted)
            Lose_NeedsLock(draft.Room, deleted.Message);
        return AppendOutcome.Appended(stored);
    }

    private AppendOutcome Create_NeedsLock(Draft draft, RoomCreated created)
    {
        if (_rooms.ContainsKey(draft.Room))
            return AppendOutcome.Refused(Refusals.RoomExists);
        var state = new RoomState(draft, created);
        _rooms.Add(draft.Room, state);
        return AppendOutcome.Appended(state.Store(draft));
    }

    /// <summary>One room: its log, and what the log says so far. Guarded by the store's lock.</summary>
    private sealed partial class RoomState(Draft first, RoomCreated created)
    {
        /// <summary>When each member said something last, while the room was slow.</summary>
        private readonly Dictionary<UserId, DateTimeOffset> _paced = [];

        private string _topic = "";
        private bool _isArchived;
        private int _slowModeSeconds;
        private DateTimeOffset _mutedUntil = DateTimeOffset.MinValue;

        public Epoch Epoch { get; set; } = first.Epoch;

        public string Name { get; private set; } = created.Name;

        public List<RoomEvent> Events { get; } = [];

        /// <summary>The sequence that each (sender, key) was stored under.</summary>
        public Dictionary<(UserId Sender, string Key), long> Keys { get; } = [];

        /// <summary>The sequences of the events that concern each message, ascending.</summary>
        public Dictionary<long, List<long>> ByTarget { get; } = [];

        public Dictionary<UserId, Membership> Members { get; } = [];

        public Dictionary<UserId, long> ReadMarks { get; } = [];

        public Dictionary<UserId, DateTimeOffset> Mutes { get; } = [];

        /// <summary>Up to which sequence the room is left out of each one's list.</summary>
        public Dictionary<UserId, long> Hidden { get; } = [];

        /// <summary>The pinned messages, the one pinned last at the end.</summary>
        public List<long> Pins { get; } = [];

        public Position Head => new(Epoch, Events.Count);

        public Room ToRoom() => new(first.Room, Name, created.Visibility, Head, Events[0].SentAt, created.Consistency)
        {
            Topic = _topic,
            IsArchived = _isArchived,
            SlowModeSeconds = _slowModeSeconds,
            MutedUntil = _mutedUntil,
        };

        public RoomListing ToListing(UserId viewer)
        {
            var (role, mark) = (Members.GetValueOrDefault(viewer)?.Role, ReadMarks.GetValueOrDefault(viewer));
            if (role is null && mark == 0)
                return new RoomListing(ToRoom(), role, mark, null, null);
            var news = Events.Skip((int)Math.Max(mark, Events.Count - Unread.NewestEvents)).Where(e => e.Sender.Id != viewer && e.Content is MessagePosted { IsDeleted: false }).ToList();
            return new RoomListing(
                ToRoom(), role, mark, Math.Min(Unread.Most, news.Count(e => e.Content is MessagePosted { Thread: null })), Math.Min(Unread.Most, news.Count(e => Mentions(e, viewer))));
        }

        /// <summary>Whether the message speaks to the user, as it stands.</summary>
        private bool Mentions(RoomEvent posted, UserId user)
        {
            var newest = ByTarget.GetValueOrDefault(posted.Sequence)?.Select(sequence => Events[(int)sequence - 1].Content).OfType<MessageEdited>().LastOrDefault();
            var mentions = newest is null ? ((MessagePosted)posted.Content).Mentions : newest.Mentions;
            return mentions is not null && mentions.Split(' ').Any(mentioned => mentioned == user.Value || mentioned == Rooms.Mentions.Everybody);
        }

        /// <summary>What stands in the way of a content; null for nothing.</summary>
        public AppendOutcome? Judge(Draft draft)
        {
            switch (draft.Content)
            {
                case MemberJoined joined:
                    return UnchangedIf(Members.TryGetValue(joined.User.Id, out var present) && present.Role == joined.Role);
                case MemberLeft { Reason: LeaveReason.Left or LeaveReason.Kicked } left:
                    return UnchangedIf(!Members.TryGetValue(left.User.Id, out var member) || member.IsRemoved);
                case MemberLeft removed:
                    return UnchangedIf(Members.TryGetValue(removed.User.Id, out var known) && known.IsRemoved);
                case MessageEdited { IsDeleted: false } edited:
                    return Find(edited.Message) is { Content: MessagePosted { IsDeleted: true } } ? AppendOutcome.Refused(Refusals.MessageNotFound) : null;
                case ReactionAdded added:
                    return Find(added.Message) is { Content: MessagePosted { IsDeleted: true } } ? AppendOutcome.Refused(Refusals.MessageNotFound)
                        : HasReacted(draft.Sender, added.Message, added.Emoji) ? AppendOutcome.Unchanged
                        : IsOneTooMany(added) ? AppendOutcome.Refused(Refusals.TooManyReactions) : null;
                case ReactionRemoved removed:
                    return UnchangedIf(!HasReacted(draft.Sender, removed.Message, removed.Emoji));
                case RoleChanged changed:
                    return !Members.TryGetValue(changed.User.Id, out var current) || current.Role is not { } role ? AppendOutcome.Refused(Refusals.MemberNotFound)
                        : role == changed.Role ? AppendOutcome.Unchanged
                        : role == Role.Owner && Members.Values.Count(m => m.Role == Role.Owner) == 1 ? AppendOutcome.Refused(Refusals.LastOwner) : null;
                case MemberUnmuted unmuted:
                    return UnchangedIf(!Mutes.ContainsKey(unmuted.User.Id));
                case MessagePosted when draft.IsPaced && Wait(draft) is { } left && left > TimeSpan.Zero:
                    return AppendOutcome.Refused(Refusals.SlowMode(left));
                case MessagePinned pinned:
                    return Find(pinned.Message) is { Content: MessagePosted { IsDeleted: true } } ? AppendOutcome.Refused(Refusals.MessageNotFound)
                        : Pins.Contains(pinned.Message) ? AppendOutcome.Unchanged
                        : Pins.Count >= Limits.MaxPins ? AppendOutcome.Refused(Refusals.TooManyPins) : null;
                case MessageUnpinned unpinned:
                    return UnchangedIf(!Pins.Contains(unpinned.Message));
                case TopicChanged changed:
                    return UnchangedIf(changed.Topic == _topic);
                case SlowModeChanged changed:
                    return UnchangedIf(changed.Seconds == _slowModeSeconds);
                case RoomArchived:
                    return UnchangedIf(_isArchived);
                case RoomUnarchived:
                    return UnchangedIf(!_isArchived);
                default:
                    return null;
            }
        }

        public RoomEvent? Find(long sequence) => sequence >= 1 && sequence <= Events.Count ? Events[(int)sequence - 1] : null;

        /// <summary>How long the sender of a paced message has to wait.</summary>
        private TimeSpan? Wait(Draft draft) => _paced.TryGetValue(draft.Sender.Id, out var last) ? last.AddSeconds(_slowModeSeconds) - UnixTime.Whole(draft.SentAt) : null;

        private static AppendOutcome? UnchangedIf(bool isSo) => isSo ? AppendOutcome.Unchanged : null;

        public RoomEvent Store(Draft draft)
        {
            var sentAt = UnixTime.Whole(draft.SentAt);
            var stored = new RoomEvent(draft.Room, new Position(Epoch, Events.Count + 1), draft.Sender, sentAt, draft.Key, draft.Content);
            Events.Add(stored);
            if (draft.Key is not null)
                Keys.Add((draft.Sender.Id, draft.Key), stored.Sequence);
            if (draft.IsPaced && _slowModeSeconds > 0)
                _paced[draft.Sender.Id] = stored.SentAt;
            if (draft.Content.Target is { } target)
                SequencesOn(target).Add(stored.Sequence);
            Project(stored);
            return stored;
        }

        /// <summary>The sequences of the events that concern a message, ascending.</summary>
        private List<long> SequencesOn(long message)
        {
            if (!ByTarget.TryGetValue(message, out var sequences))
                ByTarget.Add(message, sequences = []);
            return sequences;
        }

        private void Erase(long message)
        {
            _reactions.Remove(message);
            Pins.Remove(message);
            foreach (var sequence in SequencesOn(message).Append(message))
            {
                if (Find(sequence) is { } e && e.IsOf(message))
                    Events[(int)sequence - 1] = e with { Content = e.Content.Erased() };
            }
        }

        private void Project(RoomEvent stored)
        {
            switch (stored.Content)
            {
                case RoomCreated:
                    Members[stored.Sender.Id] = new Membership(stored.Sender, Role.Owner, stored.SentAt);
                    break;
                case RoomRenamed renamed:
                    Name = renamed.Name;
                    break;
                case MemberJoined joined:
                    Members[joined.User.Id] = new Membership(joined.User, joined.Role, stored.SentAt);
                    break;
                case MemberLeft { Reason: LeaveReason.Left or LeaveReason.Kicked } left:
                    Members.Remove(left.User.Id);
                    break;
                case MemberLeft removed:
                    Members[removed.User.Id] = new Membership(removed.User, Role: null, stored.SentAt);
                    break;
                case MessageDeleted deleted:
                    Erase(deleted.Message);
                    break;
                case RoleChanged changed:
                    Members[changed.User.Id] = new Membership(changed.User, changed.Role, stored.SentAt);
                    break;
                case MemberMuted muted:
                    Mutes[muted.User.Id] = muted.Until;
                    _mutedUntil = _mutedUntil > muted.Until ? _mutedUntil : muted.Until;
                    break;
                case MemberUnmuted unmuted:
                    Mutes.Remove(unmuted.User.Id);
                    break;
                case MessagePinned pinned:
                    Pins.Add(pinned.Message);
                    break;
                case MessageUnpinned unpinned:
                    Pins.Remove(unpinned.Message);
                    break;
                case TopicChanged changed:
                    _topic = changed.Topic;
                    break;
                case SlowModeChanged changed:
                    _slowModeSeconds = changed.Seconds;
                    break;
                case RoomArchived or RoomUnarchived:
                    _isArchived = stored.Content is RoomArchived;
                    break;
                case ReactionAdded added:
                    ReactionsTo(added.Message).Add((added.Emoji, stored.Sender.Id));
                    break;
                case ReactionRemoved removed:
                    ReactionsTo(removed.Message).Remove((removed.Emoji, stored.Sender.Id));
                    break;
            }
        }
    }
}
