using Hubbub.Core.Broker;
using Hubbub.Protocol;

namespace Hubbub.Brokers.Announcements;

/// <summary>Who is in a room at one node, as it travels. What says nothing is left out.</summary>
internal sealed record PresenceBody
{
    /// <summary>Whose users they are; the envelope's node is the broker connection's own name.</summary>
    public string? Hub { get; init; }

    public long Version { get; init; }

    public int Count { get; init; }

    public IReadOnlyList<UserBody>? Users { get; init; }

    public int? Part { get; init; }

    public int? Parts { get; init; }

    public bool? Asks { get; init; }

    public bool? Ends { get; init; }

    public static PresenceBody Of(PresenceAnnounced said) => new()
    {
        Hub = said.Node,
        Version = said.Version,
        Count = said.Count,
        Users = said.Users.Count == 0 ? null : [.. said.Users.Select(UserBody.Of)],
        Part = said.Parts == 1 ? null : said.Part,
        Parts = said.Parts == 1 ? null : said.Parts,
        Asks = said.Asks ? true : null,
        Ends = said.Ends ? true : null,
    };

    /// <summary>Null for damage.</summary>
    public PresenceAnnounced? TryRead(RoomId room)
    {
        var users = (Users ?? []).Select(u => u?.TryRead()).ToArray();
        var (part, parts) = (Part ?? 0, Parts ?? 1);
        if (string.IsNullOrEmpty(Hub) || Count < 0 || parts is < 1 or > PresenceAnnounced.MaxParts || part < 0 || part >= parts || Array.Exists(users, u => u is null))
            return null;
        return new PresenceAnnounced(room, Hub, Version, Count, users!) { Part = part, Parts = parts, Asks = Asks == true, Ends = Ends == true };
    }
}
