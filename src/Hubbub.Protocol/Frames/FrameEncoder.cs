using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hubbub.Protocol.Frames;

/// <summary>
/// Writes server frames (docs/protocol.md § 4 and 5) as UTF-8 JSON without white space or line ends, so that one frame is one WebSocket message,
/// one SSE data line or one NDJSON line. Not thread-safe; each encoder owns its buffer, which it reuses. Every method returns a fresh array, sized exactly.
/// </summary>
public sealed class FrameEncoder : IDisposable
{
    // Relaxed: non-ASCII text stays as it is (half the bytes of \u escapes). The wire is JSON in its own media type, never markup.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _json;

    public FrameEncoder() => _json = new Utf8JsonWriter(_buffer, Options);

    public void Dispose() => _json.Dispose();

    public byte[] Encode(RoomEvent e)
    {
        Begin(e.Content.Type);
        WriteEventFields(e);
        return End();
    }

    public byte[] Typing(RoomId room, User user)
    {
        Begin("typing");
        _json.WriteString(Names.RoomId, room.Value);
        Write(Names.User, user);
        return End();
    }

    /// <param name="room">Where.</param>
    /// <param name="user">Who has read, and the only one who is told.</param>
    /// <param name="position">How far.</param>
    public byte[] Read(RoomId room, User user, Position position)
    {
        Begin("read");
        _json.WriteString(Names.RoomId, room.Value);
        Write(Names.User, user);
        Write(Names.Position, position);
        return End();
    }

    /// <param name="room">A strong room.</param>
    /// <param name="count">How many users are in it.</param>
    /// <param name="joined">Who has come since it was told before; null if they are too many to be listed.</param>
    /// <param name="left">Who has gone; null as <paramref name="joined"/>.</param>
    public byte[] Presence(RoomId room, int count, IReadOnlyList<User>? joined, IReadOnlyList<User>? left)
    {
        Begin("presence");
        _json.WriteString(Names.RoomId, room.Value);
        _json.WriteNumber(Names.Count, count);
        Write(Names.Joined, joined);
        Write(Names.Left, left);
        return End();
    }

    public byte[] Welcome(FrameId id, User user, DateTimeOffset? expiresAt, int pingSeconds, string? token)
    {
        Begin("welcome", id);
        Write(Names.User, user);
        Write(Names.ExpiresAt, expiresAt);
        _json.WriteNumber(Names.PingSeconds, pingSeconds);
        if (token is not null)
            _json.WriteString(Names.Token, token);
        return End();
    }

    public byte[] Joined(FrameId id, RoomId room, string name, Visibility visibility, Consistency consistency, Position position, long head)
    {
        Begin("joined", id);
        _json.WriteString(Names.RoomId, room.Value);
        _json.WriteString(Names.Name, name);
        _json.WriteString(Names.Visibility, Words.Of(visibility));
        _json.WriteString(Names.Consistency, Words.Of(consistency));
        Write(Names.Position, position);
        _json.WriteNumber(Names.Head, head);
        return End();
    }

    public byte[] Left(FrameId id, RoomId room, string reason)
    {
        Begin("left", id);
        _json.WriteString(Names.RoomId, room.Value);
        _json.WriteString(Names.Reason, reason);
        return End();
    }

    public byte[] Ack(FrameId id, RoomId room, Position position, DateTimeOffset sentAt, bool repeated)
    {
        Begin("ack", id);
        _json.WriteString(Names.RoomId, room.Value);
        _json.WriteNumber(Names.Sequence, position.Sequence);
        Span<char> epoch = stackalloc char[Epoch.Length];
        position.Epoch.Value.TryFormat(epoch, out _, "x8", CultureInfo.InvariantCulture);
        _json.WriteString(Names.Epoch, epoch);
        Write(Names.Id, position);
        Write(Names.SentAt, sentAt);
        _json.WriteBoolean(Names.Repeated, repeated);
        return End();
    }

    public byte[] Gap(RoomId room, Position from, Position to, GapReason reason)
    {
        Begin("gap");
        _json.WriteString(Names.RoomId, room.Value);
        Write(Names.From, from);
        Write(Names.To, to);
        _json.WriteString(Names.Reason, Words.Of(reason));
        return End();
    }

    /// <param name="room">A relaxed room.</param>
    /// <param name="from">Where the reader stands.</param>
    /// <param name="to">The sequence behind which it goes on: everything after <paramref name="from"/> up to and with this is skipped.</param>
    public byte[] Skipped(RoomId room, Position from, long to)
    {
        Begin("skipped");
        _json.WriteString(Names.RoomId, room.Value);
        Write(Names.From, from);
        Write(Names.To, new Position(from.Epoch, to));
        _json.WriteNumber(Names.Count, to - from.Sequence);
        return End();
    }

    /// <param name="id">The client's id of the frame that is refused.</param>
    /// <param name="refusal">Why.</param>
    /// <param name="room">In a stream of many rooms: the room that is not read.</param>
    public byte[] Error(FrameId id, Refusal refusal, RoomId? room = null)
    {
        Begin("error", id);
        if (room is { } which)
            _json.WriteString(Names.RoomId, which.Value);
        _json.WriteString(Names.Code, refusal.Code);
        _json.WriteString(Names.Message, refusal.Message);
        _json.WriteBoolean(Names.Retryable, refusal.Retryable);
        if (refusal.RetryAfter is { } wait)
            _json.WriteNumber(Names.RetryAfter, Math.Ceiling(wait.TotalSeconds));
        Write(Names.Until, refusal.Until);
        return End();
    }

    public byte[] Pong(FrameId id)
    {
        Begin("pong", id);
        return End();
    }

    public byte[] TokenExpiring(DateTimeOffset expiresAt)
    {
        Begin("token_expiring");
        Write(Names.ExpiresAt, expiresAt);
        return End();
    }

    public byte[] Closing(CloseCode code, string reason, TimeSpan? retryAfter)
    {
        Begin("closing");
        _json.WriteNumber(Names.Code, (int)code);
        _json.WriteString(Names.Reason, reason);
        if (retryAfter is { } wait)
            _json.WriteNumber(Names.RetryAfter, Math.Ceiling(wait.TotalSeconds));
        return End();
    }

    /// <param name="reason"><c>drain</c> or <c>rebalance</c>.</param>
    /// <param name="deadline">After this time the server closes the connection.</param>
    /// <param name="url">Where to; null: where the client came in.</param>
    public byte[] Reconnect(string reason, TimeSpan deadline, Uri? url)
    {
        Begin("reconnect");
        _json.WriteString(Names.Reason, reason);
        _json.WriteNumber(Names.Deadline, Math.Ceiling(deadline.TotalSeconds));
        if (url is not null)
            _json.WriteString(Names.Url, url.AbsoluteUri);
        return End();
    }

    private void Begin(string type, FrameId id = default)
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        _json.WriteStartObject();
        _json.WriteString(Names.Type, type);
        id.Write(_json);
        _json.WriteStartObject(Names.Payload);
    }

    private byte[] End()
    {
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.Flush();
        return _buffer.WrittenSpan.ToArray();
    }

    private void WriteEventFields(RoomEvent e)
    {
        _json.WriteString(Names.RoomId, e.Room.Value);
        _json.WriteNumber(Names.Sequence, e.Sequence);
        Write(Names.Id, e.Position);
        Write(Names.Sender, e.Sender);
        Write(Names.SentAt, e.SentAt);
        switch (e.Content)
        {
            case MessagePosted posted:
                WriteText(posted.Text, posted.Mentions, posted.IsDeleted);
                WriteFiles(posted.Files);
                Write(Names.ReplyTo, e.Position.Epoch, posted.ReplyTo);
                Write(Names.Thread, e.Position.Epoch, posted.Thread);
                if (e.Key is not null && !posted.IsDeleted)
                    _json.WriteString(Names.Key, e.Key);
                break;
            case MessageEdited edited:
                Write(Names.MessageId, new Position(e.Position.Epoch, edited.Message));
                WriteText(edited.Text, edited.Mentions, edited.IsDeleted);
                break;
            case MessageDeleted deleted:
                Write(Names.MessageId, new Position(e.Position.Epoch, deleted.Message));
                break;
            case ReactionAdded added:
                WriteReaction(e, added.Message, added.Emoji);
                break;
            case ReactionRemoved removed:
                WriteReaction(e, removed.Message, removed.Emoji);
                break;
            case MessagePinned pinned:
                Write(Names.MessageId, new Position(e.Position.Epoch, pinned.Message));
                break;
            case MessageUnpinned unpinned:
                Write(Names.MessageId, new Position(e.Position.Epoch, unpinned.Message));
                break;
            case TopicChanged changed:
                _json.WriteString(Names.Topic, changed.Topic);
                break;
            case SlowModeChanged changed:
                _json.WriteNumber(Names.Seconds, changed.Seconds);
                break;
            case RoomArchived or RoomUnarchived:
                break;
            case MemberJoined joined:
                Write(Names.User, joined.User);
                _json.WriteString(Names.Role, Words.Of(joined.Role));
                break;
            case RoleChanged changed:
                Write(Names.User, changed.User);
                _json.WriteString(Names.Role, Words.Of(changed.Role));
                break;
            case MemberMuted muted:
                Write(Names.User, muted.User);
                Write(Names.Until, muted.Until);
                break;
            case MemberUnmuted unmuted:
                Write(Names.User, unmuted.User);
                break;
            case MemberLeft left:
                Write(Names.User, left.User);
                _json.WriteString(Names.Reason, Words.Of(left.Reason));
                break;
            case RoomCreated created:
                _json.WriteString(Names.Name, created.Name);
                _json.WriteString(Names.Visibility, Words.Of(created.Visibility));
                _json.WriteString(Names.Consistency, Words.Of(created.Consistency));
                break;
            case RoomRenamed renamed:
                _json.WriteString(Names.Name, renamed.Name);
                break;
            default:
                throw new InvalidOperationException($"No wire form for {e.Content.GetType().Name}.");
        }
    }

    /// <summary>What was said and whom it mentions; or that it is deleted.</summary>
    private void WriteText(string text, string? mentions, bool isDeleted)
    {
        if (isDeleted)
        {
            _json.WriteBoolean(Names.Deleted, true);
            return;
        }

        _json.WriteString(Names.Message, text);
        if (mentions is null)
            return;
        _json.WriteStartArray(Names.Mentions);
        foreach (var mentioned in mentions.AsSpan().Split(' '))
            _json.WriteStringValue(mentions.AsSpan()[mentioned]);
        _json.WriteEndArray();
    }

    /// <summary>They are kept in the form of the wire.</summary>
    private void WriteFiles(string? files)
    {
        if (files is null)
            return;
        _json.WritePropertyName(Names.Files);
        _json.WriteRawValue(files, skipInputValidation: true);
    }

    private void WriteReaction(RoomEvent e, long message, string emoji)
    {
        Write(Names.MessageId, new Position(e.Position.Epoch, message));
        _json.WriteString(Names.Emoji, emoji);
    }

    private void Write(JsonEncodedText name, Epoch epoch, long? sequence)
    {
        if (sequence is { } known)
            Write(name, new Position(epoch, known));
    }

    private void Write(JsonEncodedText name, User user)
    {
        _json.WritePropertyName(name);
        Write(user);
    }

    private void Write(JsonEncodedText name, IReadOnlyList<User>? users)
    {
        if (users is null)
            return;
        _json.WriteStartArray(name);
        foreach (var user in users)
            Write(user);
        _json.WriteEndArray();
    }

    private void Write(User user)
    {
        _json.WriteStartObject();
        _json.WriteString(Names.Id, user.Id.Value);
        _json.WriteString(Names.Name, user.Name);
        _json.WriteEndObject();
    }

    private void Write(JsonEncodedText name, Position position)
    {
        Span<char> text = stackalloc char[Position.MaxLength];
        position.Epoch.Value.TryFormat(text, out var written, "x8", CultureInfo.InvariantCulture);
        text[written++] = ':';
        position.Sequence.TryFormat(text[written..], out var digits, default, CultureInfo.InvariantCulture);
        _json.WriteString(name, text[..(written + digits)]);
    }

    private void Write(JsonEncodedText name, DateTimeOffset time)
    {
        Span<char> text = stackalloc char[32];
        time.UtcDateTime.TryFormat(text, out var written, Words.TimeFormat, CultureInfo.InvariantCulture);
        _json.WriteString(name, text[..written]);
    }

    private void Write(JsonEncodedText name, DateTimeOffset? time)
    {
        if (time is { } known)
            Write(name, known);
    }
}
