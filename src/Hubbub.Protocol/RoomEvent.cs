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

    /// <summary>Whether it holds text of this message: it is the message, or an edit of it.</summary>
    public bool IsOf(long message) => Content switch
    {
        MessagePosted => Sequence == message,
        MessageEdited edited => edited.Message == message,
        _ => false,
    };
}

/// <summary>What happened, by type. The wire name of each type stands in <see cref="EventContent.Type"/>.</summary>
public abstract record EventContent
{
    private protected EventContent() { }

    /// <summary>The frame type of docs/protocol.md § 4.</summary>
    public abstract string Type { get; }

    /// <summary>The sequence of the message that it concerns: the one it edits, deletes and so on, or in whose thread it stands. Null for none.</summary>
    public virtual long? Target => null;

    /// <summary>What is left of it when the message that it is, or is an edit of, has been deleted; itself for what holds no text.</summary>
    public virtual EventContent Erased() => this;

    /// <summary>Whether this, as it is stored, may be what <paramref name="asked"/> asks for again under the same key. What is erased cannot be compared, and is.</summary>
    public virtual bool IsRepeatedBy(EventContent asked) => this == asked;
}

/// <param name="Text">What was said; empty once the message is deleted, for then its text is gone from the store, or if it only brings files.</param>
public sealed record MessagePosted(string Text) : EventContent
{
    /// <summary>
    /// The text of a message that only brings files, where it is kept or told to other nodes: one space, which nobody can post. An empty one is a deleted message, also to nodes
    /// of a version that knows no files.
    /// </summary>
    private const string FilesAlone = " ";

    public override string Type => "message";

    /// <summary>The sequence of the message that it answers and quotes; null for none.</summary>
    public long? ReplyTo { get; init; }

    /// <summary>The sequence of the message in whose thread it stands; null in the room's own stream.</summary>
    public long? Thread { get; init; }

    /// <summary>Whom it mentions: user ids, and <c>@room</c>, with a space between (no id has one). Null for nobody.</summary>
    public string? Mentions { get; init; }

    /// <summary>The files that it brings, as <see cref="AttachedFile.Write"/> writes them; null for none.</summary>
    public string? Files { get; init; }

    public bool IsDeleted => Text.Length == 0 && Files is null;

    /// <summary>The text in the form in which it is kept: empty if, and only if, it is deleted.</summary>
    public string KeptText => Text.Length == 0 && Files is not null ? FilesAlone : Text;

    public override long? Target => Thread;

    /// <summary>Of a text as it is kept.</summary>
    public static MessagePosted OfKept(string text) => new(text == FilesAlone ? "" : text);

    public override MessagePosted Erased() => this with { Text = "", Mentions = null, Files = null };

    // Whom it mentions is not the sender's to say, and another may be a member when the same is posted again.
    public override bool IsRepeatedBy(EventContent asked) =>
        asked is MessagePosted again && (IsDeleted || (Text == again.Text && BringsAlike(again))) && ReplyTo == again.ReplyTo && Thread == again.Thread;

    // By their ids: whoever asks again may by now find a thumbnail, or nothing more of a file.
    private bool BringsAlike(MessagePosted again) =>
        Files == again.Files || AttachedFile.Read(Files).Select(f => f.Id).SequenceEqual(AttachedFile.Read(again.Files).Select(f => f.Id));
}

/// <param name="Message">The sequence of the <see cref="MessagePosted"/> that is edited.</param>
/// <param name="Text">The new text; empty once the message is deleted.</param>
public sealed record MessageEdited(long Message, string Text) : EventContent
{
    public override string Type => "message_edited";

    /// <summary>Whom the new text mentions, as <see cref="MessagePosted.Mentions"/>.</summary>
    public string? Mentions { get; init; }

    public bool IsDeleted => Text.Length == 0;

    public override long? Target => Message;

    public override MessageEdited Erased() => this with { Text = "", Mentions = null };

    public override bool IsRepeatedBy(EventContent asked) => asked is MessageEdited again && Message == again.Message && (IsDeleted || Text == again.Text);
}

/// <param name="Message">The sequence of the <see cref="MessagePosted"/> that is deleted.</param>
public sealed record MessageDeleted(long Message) : EventContent
{
    public override string Type => "message_deleted";

    public override long? Target => Message;
}

/// <param name="Message">The sequence of the <see cref="MessagePosted"/> that the sender reacts to.</param>
/// <param name="Emoji">With what; <see cref="Protocol.Emoji"/> says what that may be.</param>
public sealed record ReactionAdded(long Message, string Emoji) : EventContent
{
    public override string Type => "reaction_added";

    public override long? Target => Message;
}

/// <param name="Message">The sequence of the <see cref="MessagePosted"/> to which the sender had reacted.</param>
/// <param name="Emoji">With what.</param>
public sealed record ReactionRemoved(long Message, string Emoji) : EventContent
{
    public override string Type => "reaction_removed";

    public override long? Target => Message;
}

/// <param name="Message">The sequence of the <see cref="MessagePosted"/> that is pinned to the room.</param>
public sealed record MessagePinned(long Message) : EventContent
{
    public override string Type => "message_pinned";

    public override long? Target => Message;
}

/// <param name="Message">The sequence of the <see cref="MessagePosted"/> that is pinned no longer.</param>
public sealed record MessageUnpinned(long Message) : EventContent
{
    public override string Type => "message_unpinned";

    public override long? Target => Message;
}

public sealed record MemberJoined(User User, Role Role) : EventContent
{
    public override string Type => "member_joined";
}

public sealed record MemberLeft(User User, LeaveReason Reason) : EventContent
{
    public override string Type => "member_left";
}

/// <param name="User">A present member.</param>
/// <param name="Role">What they are from now on.</param>
public sealed record RoleChanged(User User, Role Role) : EventContent
{
    public override string Type => "role_changed";
}

/// <param name="User">Who may not write for a time, member or not.</param>
/// <param name="Until">How long; whole milliseconds.</param>
public sealed record MemberMuted(User User, DateTimeOffset Until) : EventContent
{
    public override string Type => "member_muted";
}

public sealed record MemberUnmuted(User User) : EventContent
{
    public override string Type => "member_unmuted";
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

/// <param name="Topic">What the room is about; empty for nothing in particular.</param>
public sealed record TopicChanged(string Topic) : EventContent
{
    public override string Type => "room_topic";
}

/// <summary>Nothing more happens in the room until it is taken out of the archive.</summary>
public sealed record RoomArchived : EventContent
{
    public override string Type => "room_archived";
}

public sealed record RoomUnarchived : EventContent
{
    public override string Type => "room_unarchived";
}

/// <param name="Seconds">The time that must pass between two messages of one member; 0 for none.</param>
public sealed record SlowModeChanged(int Seconds) : EventContent
{
    public override string Type => "slow_mode";
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

/// <summary>What somebody is in a room. The numbers are those of the stores, and say nothing of the order; <see cref="RoleOrder.Rank"/> does.</summary>
public enum Role : byte
{
    Member = 0,
    Owner = 1,

    /// <summary>May read, and nothing else.</summary>
    Reader = 2,

    /// <summary>Keeps order: topic, pace, pins, the messages and the membership of those below.</summary>
    Moderator = 3,
}

/// <summary>The order of roles.</summary>
public static class RoleOrder
{
    /// <summary>From 0; a higher one may do all that a lower one may.</summary>
    public static int Rank(this Role role) => role switch
    {
        Role.Reader => 0,
        Role.Member => 1,
        Role.Moderator => 2,
        _ => 3,
    };
}

public enum LeaveReason : byte
{
    Left = 0,
    Removed = 1,

    /// <summary>Sent away by a moderator; may come back.</summary>
    Kicked = 2,
}
