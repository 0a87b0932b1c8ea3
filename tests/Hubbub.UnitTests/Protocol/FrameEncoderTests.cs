using System.Text;
using System.Text.Json;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;
using Xunit;

namespace Hubbub.UnitTests.Protocol;

/// <summary>The server's frames, to the byte, and field by field as docs/protocol.md names them.</summary>
public sealed class FrameEncoderTests
{
    private static readonly RoomId Room = RoomId.Parse("room1");
    private static readonly User Anna = new(UserId.Parse("u-1"), "Anna");
    private static readonly User Bert = new(UserId.Parse("u-2"), "Bert");
    private static readonly DateTimeOffset Time = new(2026, 11, 22, 13, 4, 5, 60, TimeSpan.FromHours(2));
    private static readonly Position At = new(new Epoch(0x9f3a01bc), 42);

    /// <summary>What each event reads like behind its common fields.</summary>
    public static TheoryData<string, string, string> Events => new()
    {
        { "message", "Hello", "\"message\":\"Hello\"" },
        { "message with a key", "Hello", "\"message\":\"Hello\",\"key\":\"k-1\"" },
        { "message with all", "@Bert", "\"message\":\"@Bert\",\"mentions\":[\"u-2\",\"@room\"],\"replyTo\":\"9f3a01bc:6\",\"thread\":\"9f3a01bc:5\"" },
        { "message with files alone", "", "\"message\":\"\",\"files\":[{\"id\":\"f\",\"name\":\"\u732b<.png\",\"type\":\"image/png\",\"size\":5,\"width\":4,\"height\":3,\"thumbnail\":\"g\"}]" },
        { "message erased with a key", "", "\"deleted\":true" },
        { "message erased with all", "", "\"deleted\":true,\"replyTo\":\"9f3a01bc:6\",\"thread\":\"9f3a01bc:5\"" },
        { "message_edited with all", "@Bert", "\"messageId\":\"9f3a01bc:7\",\"message\":\"@Bert\",\"mentions\":[\"u-2\",\"@room\"]" },
        { "message_edited erased", "", "\"messageId\":\"9f3a01bc:7\",\"deleted\":true" },
        { "message_edited", "Hi", "\"messageId\":\"9f3a01bc:7\",\"message\":\"Hi\"" },
        { "message_deleted", "", "\"messageId\":\"9f3a01bc:7\"" },
        { "reaction_added", "👍", "\"messageId\":\"9f3a01bc:7\",\"emoji\":\"\\uD83D\\uDC4D\"" },
        { "reaction_removed", ":tada:", "\"messageId\":\"9f3a01bc:7\",\"emoji\":\":tada:\"" },
        { "member_joined", "", "\"user\":{\"id\":\"u-2\",\"name\":\"Bert\"},\"role\":\"owner\"" },
        { "member_left", "", "\"user\":{\"id\":\"u-2\",\"name\":\"Bert\"},\"reason\":\"removed\"" },
        { "room_created", "Room", "\"name\":\"Room\",\"visibility\":\"private\",\"consistency\":\"relaxed\"" },
        { "room_renamed", "New", "\"name\":\"New\"" },
        { "room_topic", "What it is about", "\"topic\":\"What it is about\"" },
        { "room_archived", "", "" },
        { "role_changed", "", "\"user\":{\"id\":\"u-2\",\"name\":\"Bert\"},\"role\":\"moderator\"" },
        { "member_muted", "", "\"user\":{\"id\":\"u-2\",\"name\":\"Bert\"},\"until\":\"2026-11-22T11:04:05.060Z\"" },
        { "member_unmuted", "", "\"user\":{\"id\":\"u-2\",\"name\":\"Bert\"}" },
        { "room_unarchived", "", "" },
        { "slow_mode", "", "\"seconds\":30" },
        { "message_pinned", "", "\"messageId\":\"9f3a01bc:7\"" },
        { "message_unpinned", "", "\"messageId\":\"9f3a01bc:7\"" },
    };

    [Theory]
    [MemberData(nameof(Events))]
    public void An_event_is_written_to_the_byte(string type, string text, string own)
    {
        var encoded = Text(Encode(type, text));
        Assert.Equal(
            $$$"""{"type":"{{{type.Split(' ')[0]}}}","payload":{"roomId":"room1","sequence":42,"id":"9f3a01bc:42","sender":{"id":"u-1","name":"Anna"},"sentAt":"2026-11-22T11:04:05.060Z"{{{(own.Length == 0 ? "" : ",")}}}{{{own}}}}}""",
            encoded);
    }

    /// <summary>Every frame that is no event, by its name.</summary>
    public static TheoryData<string, string> Answers => new()
    {
        { "welcome", """{"type":"welcome","id":7,"payload":{"user":{"id":"u-1","name":"Anna"},"expiresAt":"2026-11-22T11:04:05.060Z","pingSeconds":15,"token":"a.b.c"}}""" },
        { "joined", """{"type":"joined","id":"f-1","payload":{"roomId":"room1","name":"Room","visibility":"public","consistency":"strong","position":"9f3a01bc:42","head":43}}""" },
        { "left", """{"type":"left","payload":{"roomId":"room1","reason":"gone"}}""" },
        { "ack", """{"type":"ack","id":7,"payload":{"roomId":"room1","sequence":42,"epoch":"9f3a01bc","id":"9f3a01bc:42","sentAt":"2026-11-22T11:04:05.060Z","repeated":true}}""" },
        { "gap", """{"type":"gap","payload":{"roomId":"room1","from":"9f3a01bc:42","to":"00000001:9223372036854775807","reason":"lost_past"}}""" },
        { "skipped", """{"type":"skipped","payload":{"roomId":"room1","from":"9f3a01bc:42","to":"9f3a01bc:49","count":7}}""" },
        { "error", """{"type":"error","id":"f-1","payload":{"code":"overloaded","message":"The server is busy and stored nothing; try again shortly.","retryable":true}}""" },
        { "pong", """{"type":"pong","id":7,"payload":{}}""" },
        { "token_expiring", """{"type":"token_expiring","payload":{"expiresAt":"2026-11-22T11:04:05.060Z"}}""" },
        { "closing", """{"type":"closing","payload":{"code":4100,"reason":"busy","retryAfter":2}}""" },
        { "presence", """{"type":"presence","payload":{"roomId":"room1","count":2,"joined":[{"id":"u-1","name":"Anna"}],"left":[]}}""" },
        { "typing", """{"type":"typing","payload":{"roomId":"room1","user":{"id":"u-1","name":"Anna"}}}""" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void An_answer_is_written_to_the_byte(string type, string expected) => Assert.Equal(expected, Text(Encode(type)));

    [Fact]
    public void What_need_not_be_said_is_left_out()
    {
        using var encoder = new FrameEncoder();
        Assert.Equal("""{"type":"welcome","payload":{"user":{"id":"u-1","name":"Anna"},"pingSeconds":15}}""", Text(encoder.Welcome(default, Anna, null, 15, null)));
        Assert.Equal("""{"type":"closing","payload":{"code":1001,"reason":"bye"}}""", Text(encoder.Closing(CloseCode.GoingAway, "bye", null)));
        Assert.Equal("""{"type":"presence","payload":{"roomId":"room1","count":201}}""", Text(encoder.Presence(Room, 201, null, null)));
        Assert.Equal(
            """{"type":"error","payload":{"roomId":"room1","code":"internal","message":"Something is broken on our side.","retryable":true}}""",
            Text(encoder.Error(default, Refusals.Internal, Room)));
    }

    [Theory]
    [InlineData("quotes \" and \\ and /")]
    [InlineData("lines\r\nand\ttabs")]
    [InlineData("<script>alert(1)</script> & 'more'")]
    [InlineData("Grüße 😀 漢字 \u2028 \u2029 \u0085")]
    public void Any_text_comes_back_as_it_was_and_stays_on_one_line(string text)
    {
        var encoded = Encode("message", text);
        Assert.DoesNotContain((byte)'\n', encoded);
        Assert.DoesNotContain((byte)'\r', encoded);
        using var json = JsonDocument.Parse(encoded);
        Assert.Equal(text, json.RootElement.GetProperty("payload").GetProperty("message").GetString());
    }

    [Fact]
    public void A_stored_event_that_is_no_unicode_is_written_all_the_same()
    {
        // It cannot come in by any door, but one bad event must never stop a room.
        using var json = JsonDocument.Parse(Encode("message", "half \ud83d"));
        Assert.Equal("half \ufffd", json.RootElement.GetProperty("payload").GetProperty("message").GetString());
    }

    [Fact]
    public void A_refusal_that_quotes_half_of_what_it_refuses_can_be_written()
    {
        // The quoted type is cut after 32 characters, here in the midst of a surrogate pair.
        var refusal = FrameDecoder.Decode(Encoding.UTF8.GetBytes($$"""{"type":"{{new string('x', 31)}}😀 and more"}"""), out _, out var id);
        using var encoder = new FrameEncoder();
        using var json = JsonDocument.Parse(encoder.Error(id, refusal!));
        Assert.Equal("unknown_type", json.RootElement.GetProperty("payload").GetProperty("code").GetString());
    }

    /// <summary>The fields that the protocol's page names in the row of each frame are the ones that are written, no more and no fewer.</summary>
    [Fact]
    public void Every_field_is_named_in_the_protocol_and_every_named_field_is_written()
    {
        var page = ProtocolPage.Read();
        Assert.Equal(["roomId", "sequence", "id", "sender", "sentAt"], page.CommonFields);
        var written = Events
            .Select(row => ((string)row[0], (string)row[1]))
            .GroupBy(e => e.Item1.Split(' ')[0], e => FieldsOf(Encode(e.Item1, e.Item2)).Except(page.CommonFields))
            .ToDictionary(g => g.Key, g => g.SelectMany(fields => fields).Distinct().Order().ToArray());
        Assert.Equal(page.EventFields.Keys.Order(), written.Keys.Order());
        Assert.All(page.EventFields, row => Assert.Equal(row.Value.Order(), written[row.Key]));

        // A row about an answer names values too, so what is written must be among its words.
        foreach (var type in Answers.Select(row => (string)row[0]).Except(["pong", "presence", "typing"]))
            Assert.Empty(FieldsOf(Encode(type)).Except(page.ServerFrameWords[type]));
    }

    private static byte[] Encode(string type, string text = "")
    {
        using var encoder = new FrameEncoder();
        return type switch
        {
            "welcome" => encoder.Welcome(new FrameId(7), Anna, Time, 15, "a.b.c"),
            "joined" => encoder.Joined(new FrameId("f-1"), Room, "Room", Visibility.Public, Consistency.Strong, At, 43),
            "left" => encoder.Left(default, Room, "gone"),
            "ack" => encoder.Ack(new FrameId(7), Room, At, Time, repeated: true),
            "gap" => encoder.Gap(Room, At, new Position(new Epoch(1), long.MaxValue), GapReason.LostPast),
            "skipped" => encoder.Skipped(Room, At, 49),
            "error" => encoder.Error(new FrameId("f-1"), Refusals.Overloaded),
            "pong" => encoder.Pong(new FrameId(7)),
            "token_expiring" => encoder.TokenExpiring(Time),
            "closing" => encoder.Closing(CloseCode.Overloaded, "busy", TimeSpan.FromSeconds(1.5)),
            "presence" => encoder.Presence(Room, 2, [Anna], []),
            "typing" => encoder.Typing(Room, Anna),
            _ => encoder.Encode(new RoomEvent(Room, At, Anna, Time, type.EndsWith("a key", StringComparison.Ordinal) ? "k-1" : null, Content(type, text))),
        };
    }

    private static string Picture => AttachedFile.Write([new AttachedFile("f", "\u732b<.png", "image/png", 5, 4, 3, "g")])!;

    private static EventContent Content(string type, string text) => type switch
    {
        "message with all" => new MessagePosted(text) { ReplyTo = 6, Thread = 5, Mentions = "u-2 @room" },
        "message with files alone" => new MessagePosted(text) { Files = Picture },
        "message erased with all" => new MessagePosted("@Bert") { ReplyTo = 6, Thread = 5, Mentions = "u-2 @room", Files = Picture }.Erased(),
        "message_edited with all" => new MessageEdited(7, text) { Mentions = "u-2 @room" },
        "message_edited erased" => new MessageEdited(7, "@Bert") { Mentions = "u-2" }.Erased(),
        _ => Plain(type, text),
    };

    private static EventContent Plain(string type, string text) => type.Split(' ')[0] switch
    {
        "message" => new MessagePosted(text),
        "message_edited" => new MessageEdited(7, text),
        "message_deleted" => new MessageDeleted(7),
        "reaction_added" => new ReactionAdded(7, text),
        "reaction_removed" => new ReactionRemoved(7, text),
        "member_joined" => new MemberJoined(Bert, Role.Owner),
        "member_left" => new MemberLeft(Bert, LeaveReason.Removed),
        "room_created" => new RoomCreated(text, Visibility.Private, Consistency.Relaxed),
        "room_topic" => new TopicChanged(text),
        "slow_mode" => new SlowModeChanged(30),
        "message_pinned" => new MessagePinned(7),
        "message_unpinned" => new MessageUnpinned(7),
        "role_changed" => new RoleChanged(Bert, Role.Moderator),
        "member_muted" => new MemberMuted(Bert, Time),
        "member_unmuted" => new MemberUnmuted(Bert),
        "room_archived" => new RoomArchived(),
        "room_unarchived" => new RoomUnarchived(),
        "room_renamed" => new RoomRenamed(text),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "There is no such event."),
    };

    private static string[] FieldsOf(byte[] frame)
    {
        using var json = JsonDocument.Parse(frame);
        return [.. json.RootElement.GetProperty("payload").EnumerateObject().Select(p => p.Name)];
    }

    private static string Text(byte[] utf8) => Encoding.UTF8.GetString(utf8);
}
