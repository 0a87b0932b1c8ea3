using System.Buffers.Binary;
using System.Text;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;
using Hubbub.Protocol.WebSockets;

namespace Hubbub.Core.Hub;

/// <summary>
/// One frame in the bytes of every format that has been asked for: encoded once, shared by all listeners. Immutable but for two lazily filled
/// fields, which may race harmlessly (both writers store equal bytes), and for its place in a lane, set before the lane publishes it.
/// </summary>
public sealed class Frame
{
    private const int MaxControlPayload = 125;
    private const byte ClosingByte = 0x80 | (byte)Opcode.Close;

    [ThreadStatic]
    private static FrameEncoder? _encoder;

    private readonly byte[] _bytes;
    private readonly int _headerLength;
    private byte[]? _serverSentEvent;
    private byte[]? _deflated;

    private Frame(ReadOnlySpan<byte> payload, RoomEvent? e, Opcode opcode = Opcode.Text)
    {
        // [WebSocket head][JSON][LF]: three formats as slices of one array.
        _headerLength = ServerFrameHeader.Length(payload.Length);
        _bytes = GC.AllocateUninitializedArray<byte>(_headerLength + payload.Length + 1);
        ServerFrameHeader.Write(_bytes, opcode, payload.Length);
        payload.CopyTo(_bytes.AsSpan(_headerLength));
        _bytes[^1] = (byte)'\n';
        Event = e;
    }

    /// <summary>The event this frame tells of; null for signals and for answers to one connection.</summary>
    public RoomEvent? Event { get; }

    /// <summary>For the event that says so: who leaves the room, and why. Null otherwise.</summary>
    public MemberLeft? Leave { get; private init; }

    /// <summary>Where its reader stands after it: an event's own position, the end of a gap or of what was skipped. Null for everything else.</summary>
    public (RoomId Room, Position Position)? Place { get; private init; }

    /// <summary>For a signal of one user: whose it is, so that it is not told to its own sender. Null otherwise.</summary>
    public UserId? SignalOf { get; private init; }

    /// <summary>Whether it is never stored, has no sequence, and may be dropped.</summary>
    public bool IsSignal { get; private init; }

    /// <summary>Whether it is a WebSocket's close frame, behind which nothing may come.</summary>
    public bool IsClose => _bytes[0] == ClosingByte;

    /// <summary>The frame's own number in its lane, from 1; signals have one too. Set once by <see cref="Lane.Append"/>.</summary>
    internal long Ordinal { get; set; }

    /// <summary>The event's sequence, or that of the last event skipped; for a signal that of the event before it. So sequences never fall along a lane.</summary>
    internal long Sequence { get; set; }

    /// <summary>The sequence at which its reader stands before it; of an event one less than its own. No meaning for a signal.</summary>
    internal long Before { get; private init; }

    /// <summary>Whether it tells of events that were skipped, in a relaxed room.</summary>
    internal bool IsSkip => Event is null && Before < Sequence && !IsSignal;

    /// <summary>Head and payload of an unmasked text message.</summary>
    public ReadOnlyMemory<byte> WebSocket => _bytes.AsMemory(0, _bytes.Length - 1);

    /// <summary>
    /// The message as a connection gets it that has agreed to this: compressed once and shared if it is in a lane, so that many share it, and if that is worth it; else as it is. An answer, which may
    /// hold a secret beside what its reader has chosen, is never compressed (docs/decisions/0008-compressed-once.md).
    /// </summary>
    public ReadOnlyMemory<byte> WebSocketFor(PerMessageDeflate agreed)
    {
        if (Ordinal == 0 || Json.Length > agreed.Window)
            return WebSocket;
        var deflated = _deflated ??= MessageDeflater.Deflate(Json.Span) ?? [];
        return deflated.Length > 0 ? deflated : WebSocket;
    }

    /// <summary><c>{"type":…,"payload":{…}}</c></summary>
    public ReadOnlyMemory<byte> Json => _bytes.AsMemory(_headerLength, _bytes.Length - 1 - _headerLength);

    /// <summary>The JSON and a line end.</summary>
    public ReadOnlyMemory<byte> Line => _bytes.AsMemory(_headerLength);

    /// <summary>In a stream of one room: <c>id:</c> with the position after it if it has one, <c>data:</c> with the JSON, and the blank line.</summary>
    public ReadOnlyMemory<byte> ServerSentEvent => _serverSentEvent ??= Encoding.UTF8.GetBytes(
        Place is { } place ? $"id: {place.Position}\ndata: {Encoding.UTF8.GetString(Json.Span)}\n\n" : $"data: {Encoding.UTF8.GetString(Json.Span)}\n\n");

    /// <summary>What the frame costs in memory, about. It never changes: who adds it when it takes a frame in subtracts the same when it lets it go.</summary>
    public int Size => _bytes.Length;

    public static Frame Of(RoomEvent e) => new(Encoder.Encode(e), e) { Sequence = e.Sequence, Before = e.Sequence - 1, Place = (e.Room, e.Position), Leave = e.Content as MemberLeft };

    public static Frame Typing(RoomId room, User user) => new(Encoder.Typing(room, user), null) { SignalOf = user.Id, IsSignal = true };

    /// <summary>Tells a room who has come and who has gone; without lists if they are too many. What concerns one user alone is no news to that one.</summary>
    internal static Frame Presence(RoomId room, int count, IReadOnlyList<User>? joined = null, IReadOnlyList<User>? left = null) =>
        new(Encoder.Presence(room, count, joined, left), null) { SignalOf = joined is not null && left is not null && joined.Count + left.Count == 1 ? joined.Concat(left).Single().Id : null, IsSignal = true };

    /// <summary>Tells one reader of a break in its story.</summary>
    public static Frame Of(RoomId room, Gap gap) =>
        new(Encoder.Gap(room, gap.From, gap.To, gap.Reason), null) { Place = (room, gap.To) };

    /// <summary>Tells the readers of a relaxed room who stand at <paramref name="from"/> that what follows up to and with <paramref name="to"/> is skipped.</summary>
    /// <param name="room">The room.</param>
    /// <param name="from">Where they stand.</param>
    /// <param name="to">The sequence behind which they go on.</param>
    /// <param name="ordinal">For one that is not put on the lane: behind which ordinal they go on.</param>
    internal static Frame Skipped(RoomId room, Position from, long to, long ordinal = 0) =>
        new(Encoder.Skipped(room, from, to), null) { Before = from.Sequence, Sequence = to, Ordinal = ordinal, Place = (room, new Position(from.Epoch, to)) };

    /// <summary>A frame for one connection, from JSON made by <see cref="Encoder"/>.</summary>
    public static Frame Answer(byte[] json) => new(json, null);

    /// <summary>A ping, a pong or a close of RFC 6455 § 5.5, for one connection; only its <see cref="WebSocket"/> form has a meaning.</summary>
    /// <param name="opcode">Which of them.</param>
    /// <param name="payload">At most 125 bytes.</param>
    public static Frame Control(Opcode opcode, ReadOnlySpan<byte> payload) => new(payload, null, opcode);

    /// <summary>A close frame with its code and as much of the reason, short ASCII, as fits.</summary>
    public static Frame Close(CloseCode code, string reason)
    {
        Span<byte> payload = stackalloc byte[MaxControlPayload];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        var length = Math.Min(reason.Length, MaxControlPayload - 2);
        Encoding.ASCII.GetBytes(reason.AsSpan(0, length), payload[2..]);
        return Control(Opcode.Close, payload[..(2 + length)]);
    }

    /// <summary>This thread's encoder.</summary>
    public static FrameEncoder Encoder => _encoder ??= new FrameEncoder();
}
