namespace Hubbub.Protocol.Frames;

/// <summary>What a client asks on its socket (docs/protocol.md § 5, client frames). Values are of the right type and form; whether the act is allowed is not decided here.</summary>
public abstract record ClientFrame(FrameId Id);

public sealed record AuthFrame(FrameId Id, string Token) : ClientFrame(Id);

/// <summary>Where a reader wants to start: after a position, with the newest N, or (neither) at the head.</summary>
public sealed record JoinFrame(FrameId Id, RoomId Room, Position? After, int? Last) : ClientFrame(Id);

public sealed record LeaveFrame(FrameId Id, RoomId Room) : ClientFrame(Id);

/// <param name="Id">The client's id for the answer; with none, no <c>ack</c> is sent.</param>
/// <param name="Room">Null: the room joined last.</param>
/// <param name="Message">The text, not yet checked against § 2.</param>
/// <param name="Key">The client's own key, or null.</param>
/// <param name="ReplyTo">The message that it answers, or null.</param>
/// <param name="Thread">The message in whose thread it stands, or null.</param>
/// <param name="Files">The ids of the files that it brings, not yet checked, or null.</param>
public sealed record MessageFrame(
    FrameId Id, RoomId? Room, string Message, string? Key, Position? ReplyTo = null, Position? Thread = null, IReadOnlyList<string>? Files = null) : ClientFrame(Id);

public sealed record TypingFrame(FrameId Id, RoomId? Room) : ClientFrame(Id);

public sealed record PingFrame(FrameId Id) : ClientFrame(Id);
