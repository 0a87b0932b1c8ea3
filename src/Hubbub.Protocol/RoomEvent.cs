namespace Hubbub.Protocol;

/// <summary>Something that happened in a room: one numbered entry of its log. Immutable; shared freely between threads.</summary>
/// <param name="Room">The room it happened in.</param>
/// <param name="Position">Epoch and sequence; as text it is also the event's id.</param>
/// <param name="Sender">Who did it.</param>
/// <param name="SentAt">When the server took it, to the millisecond; for display, never for order.</param>
/// <param name="Key">The sender's own key, unique per (room, sender), or null.</param>
/// <param name="Content">What happened.</param>
public sealed record RoomEvent(RoomId Room, Position Position, User Sender, DateTimeOffset SentAt, string? Key, EventContent Content)
{
    public long Sequence => Position.Sequence;
}

/// <summary>What happened, by type. The wire name of each type stands in <see cref="EventContent.Type"/>.</summary>
public abstract record EventContent
{
    private protected EventContent() { }

    /// <summary>The frame type of docs/protocol.md § 4.</summary>
    public abstract string Type { get; }
}

public sealed record MessagePosted(string Text) : EventContent
{
    public override string Type => "message";
}

/// <param name="Message">The sequence of the <see cref="MessagePosted"/> that is edited.</param>
/// <param name="Text">The new text.</param>
public sealed record MessageEdited(long Message, string Text) : EventContent
{
    public override string Type => "message_edited";
}

/// <param name="Message">The sequence of the <see cref="MessagePosted"/> that is deleted.</param>
public sealed record MessageDeleted(long Message) : EventContent
{
    public override string Type => "message_deleted";
}

public sealed record MemberJoined(User User, Role Role) : EventContent
{
    public override string Type => "member_joined";
}

public sealed record MemberLeft(User User, LeaveReason Reason) : EventContent
{
    public override string Type => "member_left";
}

/// <summary>Always sequence 1 of a log, and nowhere else; its sender is the room's first owner.</summary>
/// <param name="Name">The room's name.</param>
/// <param name="Visibility">Who may see the room.</param>
/// <param name="Consistency">What its live listeners are promised; an event that does not say so was stored before there was a choice, and is strong.</param>
public sealed record RoomCreated(string Name, Visibility Visibility, Consistency Consistency = Consistency.Strong) : EventContent
{
    public override string Type => "room_created";
}

public sealed record RoomRenamed(string Name) : EventContent
{
    public override string Type => "room_renamed";
}

public enum Visibility : byte
{
    Public = 0,
    Private = 1,
}

/// <summary>What a room promises to those who listen to it live. The log has everything in either case.</summary>
public enum Consistency : byte
{
    /// <summary>Every event, each at once.</summary>
    Strong = 0,

    /// <summary>For mass audiences: events come in batches, at most so many a second, the newest; the reader is told how many were skipped.</summary>
    Relaxed = 1,
}

public enum Role : byte
{
    Member = 0,
    Owner = 1,
}

public enum LeaveReason : byte
{
    Left = 0,
    Removed = 1,
}
