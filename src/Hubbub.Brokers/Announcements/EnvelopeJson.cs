using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hubbub.Core.Broker;
using Hubbub.Protocol;

namespace Hubbub.Brokers.Announcements;

/// <summary>
/// An envelope as bytes: one JSON object on one line, so that an operator can read along. An event of a type that this version does not know, from a newer node, is
/// read as the position it has: the log decides.
/// </summary>
internal static class EnvelopeJson
{
    /// <summary>The largest payload that is looked at: a message of 16 KiB with every character escaped, and its names.</summary>
    public const int MaxBytes = 128 * 1024;

    public static byte[] Write(Envelope envelope) => JsonSerializer.SerializeToUtf8Bytes(EnvelopeBody.Of(envelope), EnvelopeBodyJson.Shared.EnvelopeBody);

    /// <summary>False for whatever no node of ours would send.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out Envelope envelope)
    {
        envelope = default;
        if (payload.Length > MaxBytes)
            return false;
        try
        {
            return JsonSerializer.Deserialize(payload, EnvelopeBodyJson.Shared.EnvelopeBody)?.TryRead(out envelope) == true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

/// <summary>The fields of an envelope; those that a kind does not have are left out.</summary>
internal sealed record EnvelopeBody
{
    private const string Ping = "ping";
    private const string Head = "head";
    private const string Typing = "typing";
    private const string Presence = "presence";
    private const string Read = "read";

    public string? Node { get; init; }

    public string? Type { get; init; }

    public string? Room { get; init; }

    public string? Position { get; init; }

    public UserBody? Sender { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    public long? SentAt { get; init; }

    public string? Key { get; init; }

    public ContentBody? Content { get; init; }

    public PresenceBody? Here { get; init; }

    public IReadOnlyList<ReadMarkBody?>? Marks { get; init; }

    public static EnvelopeBody Of(Envelope envelope) => envelope.Announcement switch
    {
        null => new EnvelopeBody { Node = envelope.Node, Type = Ping },
        HeadAnnounced head => new EnvelopeBody { Node = envelope.Node, Type = Head, Room = head.Room.Value, Position = head.Head.ToString() },
        TypingAnnounced typing => new EnvelopeBody { Node = envelope.Node, Type = Typing, Room = typing.Room.Value, Sender = UserBody.Of(typing.User) },
        PresenceAnnounced said => new EnvelopeBody { Node = envelope.Node, Type = Presence, Room = said.Room.Value, Here = PresenceBody.Of(said) },
        ReadAnnounced read => new EnvelopeBody { Node = envelope.Node, Type = Read, Room = read.Room.Value, Marks = [.. read.Marks.Select(ReadMarkBody.Of)] },
        EventAnnounced { Event: var e } => new EnvelopeBody
        {
            Node = envelope.Node,
            Type = e.Content.Type,
            Room = e.Room.Value,
            Position = e.Position.ToString(),
            Sender = UserBody.Of(e.Sender),
            SentAt = e.SentAt.ToUnixTimeMilliseconds(),
            Key = e.Key,
            Content = ContentBody.Of(e.Content),
        },
        { } other => throw new NotSupportedException($"There is no form of {other.GetType().Name} that travels."),
    };

    public bool TryRead(out Envelope envelope)
    {
        envelope = default;
        if (string.IsNullOrEmpty(Node) || Type is null)
            return false;
        if (Type == Ping)
        {
            envelope = Envelope.Ping(Node);
            return true;
        }

        if (ReadAnnouncement() is not { } announcement)
            return false;
        envelope = new Envelope(Node, announcement);
        return true;
    }

    private Announcement? ReadAnnouncement()
    {
        if (!RoomId.TryParse(Room, out var room))
            return null;
        if (Type == Typing)
            return Sender?.TryRead() is { } who ? new TypingAnnounced(room, who) : null;
        if (Type == Presence)
            return Here?.TryRead(room);
        if (Type == Read)
            return Marks is { Count: <= ReadAnnounced.MostMarks } ? ReadMarkBody.TryRead(room, Marks) : null;
        if (!Protocol.Position.TryParse(Position, out var position) || position.IsStart)
            return null;
        if (Type == Head)
            return new HeadAnnounced(room, position);
        if (Sender?.TryRead() is not { } sender || SentAt is not { } milliseconds || !UnixTime.TryRead(milliseconds, out var sentAt))
            return null;
        return Content?.TryRead(Type!) is { } content
            ? new EventAnnounced(new RoomEvent(room, position, sender, sentAt, Key, content))
            : new HeadAnnounced(room, position);
    }
}

internal sealed record UserBody(string? Id, string? Name)
{
    public static UserBody Of(User user) => new(user.Id.Value, user.Name);

    public User? TryRead() => UserId.TryParse(Id, out var id) && Name is not null ? new User(id, Name) : null;
}

internal sealed record ReadMarkBody(string? User, string? Position)
{
    public static ReadMarkBody Of(ReadMark mark) => new(mark.User.Value, mark.Position.ToString());

    /// <summary>Null for damage.</summary>
    public static ReadAnnounced? TryRead(RoomId room, IReadOnlyList<ReadMarkBody?> marks)
    {
        var read = new List<ReadMark>(marks.Count);
        foreach (var mark in marks)
        {
            if (!UserId.TryParse(mark?.User, out var user) || !Protocol.Position.TryParse(mark.Position, out var position) || position.IsStart || read.Exists(m => m.User == user))
                return null;
            read.Add(new ReadMark(user, position));
        }

        return new ReadAnnounced(room, read);
    }
}

[JsonSerializable(typeof(EnvelopeBody))]
internal sealed partial class EnvelopeBodyJson : JsonSerializerContext
{
    // Relaxed, so that a message in another script is not six times as long.
    public static EnvelopeBodyJson Shared { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
