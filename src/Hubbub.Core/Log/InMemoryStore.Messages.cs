using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Core.Log;

public sealed partial class InMemoryStore
{
    public ValueTask<IReadOnlyList<StandingMessage>> FindAsync(RoomId room, IReadOnlyList<long> sequences, UserId viewer, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        var found = new List<StandingMessage>(sequences.Count);
        lock (_lock)
        {
            if (_rooms.TryGetValue(room, out var state))
                found.AddRange(sequences.Select(sequence => state.FindMessage(sequence, viewer)).OfType<StandingMessage>());
        }

        return ValueTask.FromResult<IReadOnlyList<StandingMessage>>(found);
    }

    public ValueTask<IReadOnlyList<RoomEvent>> ConcerningAsync(RoomId room, Concerning asked, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(asked.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(asked.Limit, Limits.MaxPage);
        lock (_lock)
        {
            if (!_rooms.TryGetValue(room, out var state))
                return ValueTask.FromResult<IReadOnlyList<RoomEvent>>([]);
            return ValueTask.FromResult<IReadOnlyList<RoomEvent>>(
                [.. asked.Messages.Distinct().SelectMany(message => state.ByTarget.GetValueOrDefault(message) ?? [])
                    .Where(sequence => sequence > asked.After)
                    .Order()
                    .Select(sequence => state.Events[(int)sequence - 1])
                    .Where(e => asked.Type is null ? e.Content is not MessagePosted : e.Content.Type == asked.Type)
                    .Take(asked.Limit)]);
        }
    }

    public ValueTask<IReadOnlyList<long>> PinnedAsync(RoomId room, CancellationToken ct)
    {
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<long>>(_rooms.TryGetValue(room, out var state) ? [.. Enumerable.Reverse(state.Pins)] : []);
    }

    private sealed partial class RoomState
    {
        /// <summary>Who has reacted how to each message, the earliest first.</summary>
        private readonly Dictionary<long, List<(string Emoji, UserId User)>> _reactions = [];

        public StandingMessage? FindMessage(long sequence, UserId viewer)
        {
            if (Find(sequence) is not { Content: MessagePosted message } posted)
                return null;
            var concerning = SequencesOn(sequence).Select(s => Events[(int)s - 1]).ToList();
            var replies = concerning.FindAll(e => e.Content is MessagePosted { IsDeleted: false });
            return new StandingMessage(posted, message.IsDeleted ? null : concerning.LastOrDefault(e => e.Content is MessageEdited))
            {
                Reactions = ReactionsTo(sequence) is { Count: > 0 } reactions
                    ? [.. reactions.GroupBy(r => r.Emoji).Select(g => new Reactions(g.Key, g.Count(), g.Any(r => r.User == viewer)))]
                    : [],
                Replies = replies.Count,
                LastReply = replies.Count > 0 ? replies[^1].Sequence : 0,
            };
        }

        private bool HasReacted(User user, long message, string emoji) => ReactionsTo(message).Contains((emoji, user.Id));

        private bool IsOneTooMany(ReactionAdded added)
        {
            var emoji = ReactionsTo(added.Message).Select(r => r.Emoji).ToHashSet();
            return emoji.Count >= Limits.MaxEmojiOfMessage && !emoji.Contains(added.Emoji);
        }

        private List<(string Emoji, UserId User)> ReactionsTo(long message)
        {
            if (!_reactions.TryGetValue(message, out var reactions))
                _reactions.Add(message, reactions = []);
            return reactions;
        }
    }
}
