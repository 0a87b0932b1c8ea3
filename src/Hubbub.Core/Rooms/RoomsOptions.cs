using Hubbub.Protocol;

namespace Hubbub.Core.Rooms;

/// <summary>What an operator decides about rooms.</summary>
public sealed record RoomsOptions
{
    /// <summary>Whether a room that does not exist is created, public, by the first who joins, reads or posts.</summary>
    public bool CreateOnFirstUse { get; init; } = true;

    /// <summary>The largest message text, in bytes of UTF-8.</summary>
    public int MaxMessageBytes { get; init; } = Texts.MaxMessageBytes;

    /// <summary>How long an invitation lives unless its maker says otherwise.</summary>
    public TimeSpan InvitationLifetime { get; init; } = TimeSpan.FromDays(7);

    public TimeSpan MaxInvitationLifetime { get; init; } = TimeSpan.FromDays(30);
}
