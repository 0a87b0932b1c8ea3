using Hubbub.Core.Broker;
using Hubbub.Protocol;

namespace Hubbub.Core.Presence;

/// <summary>What the nodes tell each other of a room: this one's users to the others, and theirs to it.</summary>
internal sealed partial class Attendance
{
    /// <summary>Bytes of users in one announcement, counted as if each character of a name were escaped: PostgreSQL has place for 8 000 in a notification.</summary>
    private const int MaxPartBytes = 6_000;

    /// <summary>Answers between two calls; a node asks when it opens the room, and again when it can hear the others.</summary>
    private const int MostAnswers = 8;

    /// <summary>Field names, quotes and commas of one user.</summary>
    private const int UserBytes = 24;

    /// <summary>The room is new here, or could not be heard until now: for a while it asks who is there.</summary>
    public void Introduce()
    {
        _introducedAt = rollCall.Now;
        _mustAnnounce = true;
        BeAwaited();
    }

    /// <summary>So that nodes find each other which have missed every introduction.</summary>
    public void Beat()
    {
        if (_here.Count == 0)
            return;
        _mustAnnounce = true;
        BeAwaited();
    }

    /// <summary>Everybody who is here, in as many parts as they need.</summary>
    public IReadOnlyList<PresenceAnnounced> Announce(bool asks)
    {
        _announcedAt = rollCall.Now;
        _mustAnnounce = false;
        var parts = Parts(_here.Values.Take(MostListed).Select(h => h.User));
        var version = rollCall.NextVersion();
        return [.. parts.Select((users, part) => new PresenceAnnounced(room.Id, rollCall.Node, version, _here.Count, users) { Part = part, Parts = parts.Count, Asks = asks })];
    }

    /// <summary>The last word of a node that stops; nothing if nobody is here of whom the others should know.</summary>
    public IReadOnlyList<PresenceAnnounced> End() =>
        _here.Count == 0 ? [] : [new PresenceAnnounced(room.Id, rollCall.Node, rollCall.NextVersion(), 0, []) { Ends = true }];

    /// <returns>True if the node asks, and is to be answered now.</returns>
    public bool Hear(PresenceAnnounced said)
    {
        var now = rollCall.Now;
        _elsewhere ??= [];
        if (!_elsewhere.TryGetValue(said.Node, out var other))
        {
            if (said.Ends)
                return false;
            _elsewhere.Add(said.Node, other = new Elsewhere());

            // It may have missed what was said here before it came.
            _mustAnnounce = true;
        }

        if (said.Version < other.Version)
            return false;
        other.Version = said.Version;
        BeAwaited();
        if (said.Ends)
        {
            // Its users are on their way: those who arrive at another node meanwhile have never left.
            other.Until = Math.Min(other.Until, now + rollCall.Grace);
            return false;
        }

        other.Until = now + rollCall.Ticks(RollCall.Lease);
        if (other.Take(said) is { } users)
            Replace(other, users, said.Count);
        if (!said.Asks)
            return false;
        _mustAnnounce = true;
        return _answered++ < MostAnswers;
    }

    private void EndLeases(long now)
    {
        if (_elsewhere is null)
            return;
        foreach (var (node, other) in _elsewhere)
        {
            if (other.Until > now)
                continue;
            Replace(other, [], 0);
            _elsewhere.Remove(node);
        }

        if (_elsewhere.Count == 0)
            _elsewhere = null;
    }

    private void Replace(Elsewhere other, IReadOnlyList<User> users, int count)
    {
        var still = users.Select(u => u.Id).ToHashSet();
        foreach (var (id, user) in other.Users)
        {
            if (still.Contains(id))
                continue;
            other.Users.Remove(id);
            if (!IsHere(id))
                Vanish(user);
        }

        foreach (var user in users)
        {
            var isNew = !IsHere(user.Id);
            if (other.Users.TryAdd(user.Id, user) && isNew)
                Appear(user);
        }

        other.Count = count;
    }

    private bool IsHere(UserId user) => _here.ContainsKey(user) || IsElsewhere(user);

    private bool IsElsewhere(UserId user)
    {
        foreach (var other in Others)
        {
            if (other.Users.ContainsKey(user))
                return true;
        }

        return false;
    }

    private static List<User[]> Parts(IEnumerable<User> users)
    {
        var parts = new List<User[]>();
        var part = new List<User>();
        var bytes = 0;
        foreach (var user in users)
        {
            var size = UserBytes + (2 * user.Id.Value.Length) + (6 * user.Name.Length);
            if (bytes + size > MaxPartBytes && part.Count > 0)
            {
                parts.Add([.. part]);
                part.Clear();
                bytes = 0;
            }

            part.Add(user);
            bytes += size;
        }

        if (part.Count > 0 || parts.Count == 0)
            parts.Add([.. part]);
        return parts;
    }
}
