using System.Runtime.InteropServices;
using Hubbub.Core.Hub;
using Hubbub.Protocol;

namespace Hubbub.Core.Presence;

/// <summary>
/// Who is in one room: this node's users, each while a subscription of theirs is there and for a grace after it, and those of the other nodes, as they were announced. It notes what differs from what the room was told.
/// Coming and going cost a dictionary's update; the rest is done when the roll is called. Guarded by the room's lock.
/// </summary>
internal sealed partial class Attendance(LiveRoom room, RollCall rollCall, bool isListed)
{
    private readonly Dictionary<UserId, Here> _here = [];

    // Made when first needed: most rooms are at one node, and in most nobody is just leaving.
    private Dictionary<UserId, long>? _going;
    private Dictionary<string, Elsewhere>? _elsewhere;
    private Dictionary<UserId, Difference>? _untold;

    private bool _isAwaited;
    private int _answered;
    private bool _mustAnnounce;
    private long _introducedAt;
    private long _announcedAt;

    /// <summary>Different users that are known by name, at any node.</summary>
    private int _known;
    private int _toldCount;
    private long _toldAt;
    private bool _toldAsLarge;

    private int MostListed => isListed ? RollCall.MaxListed : 0;

    private int Count
    {
        get
        {
            var count = _known;
            foreach (var other in Others)
                count += other.Unnamed;
            return count;
        }
    }

    private bool IsLarge => Count > MostListed;

    /// <summary>Whether nobody of this node is here or has just been, and all has been said: then the room may be closed.</summary>
    public bool IsOver => _here.Count == 0 && !_mustAnnounce;

    /// <summary>How long ago the room was introduced to the other nodes, in the clock's ticks.</summary>
    public long Age => rollCall.Now - _introducedAt;

    private IEnumerable<Elsewhere> Others => _elsewhere is null ? [] : _elsewhere.Values;

    /// <summary>Whether the user has subscriptions at this node, or had one a moment ago.</summary>
    public bool IsAtThisNode(UserId user) => _here.ContainsKey(user);

    public void Enter(User user)
    {
        ref var here = ref CollectionsMarshal.GetValueRefOrAddDefault(_here, user.Id, out var isKnown);
        if (isKnown)
        {
            if (here.Subscriptions++ == 0)
                _going!.Remove(user.Id);
            return;
        }

        here = new Here(user, 1);
        if (!IsElsewhere(user.Id))
            Appear(user);
        _mustAnnounce = true;
        BeAwaited();
    }

    public void Leave(UserId user, long now)
    {
        ref var here = ref CollectionsMarshal.GetValueRefOrNullRef(_here, user);
        if (--here.Subscriptions > 0)
            return;
        (_going ??= [])[user] = now + rollCall.Grace;
        BeAwaited();
    }

    /// <summary>Makes the next call look at the room.</summary>
    private void BeAwaited()
    {
        if (_isAwaited)
            return;
        _isAwaited = true;
        rollCall.Await(room);
    }

    /// <summary>
    /// Who is here. Where there are listeners, as they were told, so that what they are told next connects to it; but whoever asks sees themselves at once, since they are not told of it.
    /// </summary>
    public RoomPresence Look(UserId asker, bool asTold)
    {
        if (IsLarge)
            return new RoomPresence(Count, [.. Everybody().Take(MostListed)], IsSampled: true);
        if (!asTold || _untold is not { } untold)
            return Whole(Everybody());
        var before = Everybody().Where(u => u.Id == asker || !untold.ContainsKey(u.Id));
        return Whole(before.Concat(untold.Values.Where(d => d.HasLeft && d.User.Id != asker).Select(d => d.User)));

        static RoomPresence Whole(IEnumerable<User> users)
        {
            User[] all = [.. users];
            return new RoomPresence(all.Length, all, IsSampled: false);
        }
    }

    /// <summary>Ends what is over by the clock, and gives what is to be told and announced now.</summary>
    public Roll Call(bool mayAnnounce)
    {
        var now = rollCall.Now;
        _answered = 0;
        EndGrace(now);
        EndLeases(now);
        var told = Tell(now);
        var isShared = _elsewhere is { Count: > 0 };
        var introduces = now - _introducedAt < rollCall.Ticks(RollCall.Lease);
        var isDue = _mustAnnounce || ((isShared || introduces) && now - _announcedAt >= rollCall.Ticks(RollCall.Repeat));
        var announcements = isDue && mayAnnounce ? Announce(introduces) : [];
        _isAwaited = isShared || introduces || _mustAnnounce || _going is { Count: > 0 } || (_toldAsLarge && IsNewsOfMany(Count));
        return new Roll(announcements, told, _isAwaited);
    }

    private void EndGrace(long now)
    {
        if (_going is null)
            return;
        foreach (var (id, until) in _going)
        {
            if (until > now)
                continue;
            _going.Remove(id);
            _here.Remove(id, out var gone);
            if (!IsElsewhere(id))
                Vanish(gone.User);
            _mustAnnounce = true;
        }

        if (_going.Count == 0)
            _going = null;
    }

    private Frame? Tell(long now)
    {
        if (!isListed)
            return null;
        var count = Count;
        if (count > MostListed)
        {
            _untold = null;
            if (_toldAsLarge && (now - _toldAt < rollCall.Ticks(RollCall.CountInterval) || !IsNewsOfMany(count)))
                return null;
            NoteTold(now, count);
            return Frame.Presence(room.Id, count);
        }

        if (!_toldAsLarge && _untold is null or { Count: 0 })
            return null;

        // After it was large the lists are only what has changed since just now: a client that holds some of the users asks anew.
        var differences = _untold?.Values.ToArray() ?? [];
        _untold = null;
        NoteTold(now, count);
        return Frame.Presence(
            room.Id, count, [.. differences.Where(d => !d.HasLeft).Select(d => d.User)], [.. differences.Where(d => d.HasLeft).Select(d => d.User)]);
    }

    private void NoteTold(long now, int count)
    {
        _toldAt = now;
        _toldCount = count;
        _toldAsLarge = count > MostListed;
    }

    /// <summary>Whether a number that was told is one hundredth off.</summary>
    private bool IsNewsOfMany(int count) => count != _toldCount && Math.Abs(count - _toldCount) * 100L >= _toldCount;

    private IEnumerable<User> Everybody() => _elsewhere is null
        ? _here.Values.Select(h => h.User)
        : _here.Values.Select(h => h.User).Concat(_elsewhere.Values.SelectMany(o => o.Users.Values)).DistinctBy(u => u.Id);

    private void Appear(User user)
    {
        _known++;
        Note(user, hasLeft: false);
    }

    private void Vanish(User user)
    {
        _known--;
        Note(user, hasLeft: true);
    }

    /// <summary>A change that undoes one that was not told yet leaves nothing to tell.</summary>
    private void Note(User user, bool hasLeft)
    {
        if (!isListed || _toldAsLarge)
            return;
        _untold ??= [];
        if (!_untold.Remove(user.Id))
            _untold.Add(user.Id, new Difference(user, hasLeft));
    }

    private record struct Here(User User, int Subscriptions);

    /// <summary>One who has come or gone since the room was told.</summary>
    private readonly record struct Difference(User User, bool HasLeft);
}
