using System.Collections.Concurrent;
using System.Globalization;
using Hubbub.Core.Log;
using Hubbub.Protocol;

namespace Hubbub.Core.Rooms;

/// <summary>
/// Whom a text mentions: <c>@</c> and the name of a member of the room (in whatever case; of several names that fit the longest), or a member's id; and <c>@room</c>, where the room is
/// small or the sender is somebody in it. The names of a room are kept for at most a second, so that a lively room does not read its members again and again. Thread-safe.
/// </summary>
public sealed class Mentions
{
    /// <summary>The word for everybody.</summary>
    public const string Everybody = "@room";

    /// <summary>The most whom one message mentions; who comes later in it is not told.</summary>
    public const int MaxMentions = 50;

    /// <summary>The most members of a room in which everyone may mention everybody.</summary>
    public const int MaxEverybody = 200;

    /// <summary>Of a larger room the first ones, by id, can be mentioned.</summary>
    private const int MaxMembers = 10_000;

    private const int MaxSigns = 500;
    private const int MaxKeptRooms = 1_000;
    private static readonly TimeSpan Freshness = RoomAccess.Freshness;

    private readonly IRoomDirectory _directory;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<RoomId, Roster> _rosters = new();
    private int _version;

    public Mentions(IRoomDirectory directory, Delivery delivery, TimeProvider time)
    {
        _directory = directory;
        _time = time;
        delivery.Committed += Forget;
    }

    /// <summary>Whether it is worth asking; nearly all messages mention nobody.</summary>
    public static bool MayBeIn(string text) => text.Contains('@');

    /// <returns>As <see cref="MessagePosted.Mentions"/>.</returns>
    public async ValueTask<string?> FindAsync(Standing sender, string text, CancellationToken ct)
    {
        var roster = await RosterAsync(sender.Room.Id, ct);
        var found = new List<string>();
        var signs = 0;
        for (var at = text.IndexOf('@'); at >= 0 && found.Count < MaxMentions && signs < MaxSigns; at = text.IndexOf('@', at + 1), signs++)
        {
            // The sign in "ann@example.org" calls nobody.
            if (at > 0 && char.IsLetterOrDigit(text[at - 1]))
                continue;
            foreach (var mentioned in roster.Called(text.AsSpan(at + 1)))
            {
                if (mentioned == Everybody && roster.Count > MaxEverybody && !sender.MayCallEverybody)
                    continue;
                if (!found.Contains(mentioned) && found.Count < MaxMentions)
                    found.Add(mentioned);
            }
        }

        return found.Count == 0 ? null : string.Join(' ', found);
    }

    private async ValueTask<Roster> RosterAsync(RoomId room, CancellationToken ct)
    {
        var now = _time.GetTimestamp();
        if (_rosters.TryGetValue(room, out var kept) && _time.GetElapsedTime(kept.At, now) < Freshness)
            return kept;
        var version = Volatile.Read(ref _version);
        var members = new List<Membership>();
        while (members.Count < MaxMembers)
        {
            var page = await _directory.MembersAsync(room, members.Count == 0 ? null : members[^1].User.Id, Limits.MaxPage, ct);
            members.AddRange(page);
            if (page.Count < Limits.MaxPage)
                break;
        }

        if (_rosters.Count >= MaxKeptRooms)
            _rosters.Clear();
        var roster = new Roster(members, now);

        // Somebody came or went while we were reading: use the answer once, but do not keep it.
        if (version == Volatile.Read(ref _version))
            _rosters[room] = roster;
        return roster;
    }

    private void Forget(RoomEvent e)
    {
        if (e.Content is not (MemberJoined or MemberLeft))
            return;
        Interlocked.Increment(ref _version);
        _rosters.TryRemove(e.Room, out _);
    }

    /// <summary>A room's members by what they can be called.</summary>
    private sealed class Roster
    {
        private readonly Dictionary<string, List<string>> _called = new(StringComparer.OrdinalIgnoreCase) { ["room"] = [Everybody] };
        private readonly Dictionary<string, List<string>>.AlternateLookup<ReadOnlySpan<char>> _lookup;

        public Roster(List<Membership> members, long at)
        {
            At = at;
            Count = members.Count;
            _lookup = _called.GetAlternateLookup<ReadOnlySpan<char>>();
            foreach (var member in members)
            {
                Call(member.User.Id.Value, member.User);
                Call(member.User.Name.Trim(), member.User);
            }
        }

        public long At { get; }

        public int Count { get; }

        /// <summary>Whom the longest beginning of a text that is a name calls; several if they have one name.</summary>
        public List<string> Called(ReadOnlySpan<char> text)
        {
            for (var length = Math.Min(text.Length, UserId.MaxLength); length > 0; length--)
            {
                // A name ends where a word does: "@Anna" does not call Ann.
                if (length < text.Length && char.IsLetterOrDigit(text[length - 1]) && IsOfWord(text[length]))
                    continue;
                if (_lookup.TryGetValue(text[..length], out var called))
                    return called;
            }

            return [];
        }

        private static bool IsOfWord(char c) =>
            char.IsLetterOrDigit(c) || c == '_' || char.IsSurrogate(c) || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

        private void Call(string name, User user)
        {
            if (!_called.TryGetValue(name, out var called))
                _called.Add(name, called = []);
            if (!called.Contains(user.Id.Value))
                called.Add(user.Id.Value);
        }
    }
}
