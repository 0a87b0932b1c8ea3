using Hubbub.Core.Broker;
using Hubbub.Protocol;

namespace Hubbub.Core.Presence;

/// <summary>What one other node has said of who is in a room there. Guarded as its <see cref="Attendance"/> is.</summary>
internal sealed class Elsewhere
{
    private PresenceAnnounced?[] _parts = [];

    public Dictionary<UserId, User> Users { get; } = [];

    public int Count { get; set; }

    /// <summary>Users that it counts and does not name.</summary>
    public int Unnamed => Math.Max(0, Count - Users.Count);

    public long Version { get; set; }

    /// <summary>When it is taken for dead if it says nothing more.</summary>
    public long Until { get; set; }

    /// <summary>The users of the version, once the last of its parts is there.</summary>
    public IReadOnlyList<User>? Take(PresenceAnnounced said)
    {
        if (said.Parts == 1)
            return said.Users;
        if (_parts.Length != said.Parts || Array.Exists(_parts, p => p is not null && p.Version != said.Version))
            _parts = new PresenceAnnounced?[said.Parts];
        _parts[said.Part] = said;
        if (Array.Exists(_parts, p => p is null))
            return null;
        var users = _parts.SelectMany(p => p!.Users).ToArray();
        _parts = [];
        return users;
    }
}
