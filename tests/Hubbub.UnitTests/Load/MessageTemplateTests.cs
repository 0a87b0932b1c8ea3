using System.Text;
using System.Text.Json;
using Hubbub.Load;
using Hubbub.Load.Wire;
using Xunit;

namespace Hubbub.UnitTests.Load;

public class MessageTemplateTests
{
    private const string Run = "bench19c";

    [Fact]
    public void A_socket_post_is_valid_json_with_its_stamps()
    {
        var template = MessageTemplate.ForSocket("room-1", MessageTemplate.Filler(128, seed: 1), Run, client: 17);

        using var json = JsonDocument.Parse(template.Fill(4711, 0x1234_5678_9abc).ToArray());

        Assert.Equal("00004711", json.RootElement.GetProperty("id").GetString());
        var payload = json.RootElement.GetProperty("payload");
        Assert.Equal("room-1", payload.GetProperty("roomId").GetString());
        AssertStamped(payload, number: 4711, client: 17, dueAt: 0x1234_5678_9abc, bytes: 128);
    }

    [Fact]
    public async Task An_http_post_declares_the_length_of_the_body_it_has()
    {
        using var listener = new Listener();
        var target = await Target.FindAsync(listener.Address, CancellationToken.None);
        var template = MessageTemplate.ForHttp(target, "a.b.c", "room-1", MessageTemplate.Filler(32, seed: 1), Run, client: 0);

        var request = Encoding.ASCII.GetString(template.Fill(99_999_999, long.MaxValue));

        var parts = request.Split("\r\n\r\n");
        Assert.StartsWith("POST /api/rooms/room-1/messages HTTP/1.1\r\n", parts[0]);
        Assert.Contains($"\r\nHost: {listener.Address.Authority}\r\nAuthorization: Bearer a.b.c\r\n", parts[0]);
        Assert.EndsWith($"\r\nContent-Length: {parts[1].Length}", parts[0]);
        using var json = JsonDocument.Parse(parts[1]);
        AssertStamped(json.RootElement, number: 99_999_999, client: 0, dueAt: long.MaxValue, bytes: 32);
    }

    [Fact]
    public void The_same_number_and_time_give_the_same_bytes_and_other_numbers_other_keys()
    {
        var template = MessageTemplate.ForSocket("r", MessageTemplate.Filler(64, seed: 1), Run, client: 1);
        var first = template.Fill(1, 100).ToArray();
        var second = template.Fill(2, 200).ToArray();

        Assert.NotEqual(first, second);
        Assert.Equal(first, template.Fill(1, 100).ToArray());
    }

    [Fact]
    public void A_key_of_another_run_is_not_taken_for_ours()
    {
        Assert.True(Stamp.TryReadKey("bench19c-00017-00004711"u8, "bench19c"u8, out var client, out var number));
        Assert.Equal((17, 4711), (client, number));
        Assert.False(Stamp.TryReadKey("bench19d-00017-00004711"u8, "bench19c"u8, out _, out _));
        Assert.False(Stamp.TryReadKey("bench19c-00017-000047110"u8, "bench19c"u8, out _, out _));
        Assert.False(Stamp.TryReadKey(""u8, "bench19c"u8, out _, out _));
    }

    private static void AssertStamped(JsonElement post, int number, int client, long dueAt, int bytes)
    {
        var text = Encoding.UTF8.GetBytes(post.GetProperty("message").GetString()!);
        Assert.Equal(bytes, text.Length);
        Assert.True(Stamp.TryReadText(text, out var readDueAt, out var readNumber));
        Assert.Equal((dueAt, number), (readDueAt, readNumber));
        var key = Encoding.UTF8.GetBytes(post.GetProperty("key").GetString()!);
        Assert.True(Stamp.TryReadKey(key, Encoding.ASCII.GetBytes(Run), out var readClient, out readNumber));
        Assert.Equal((client, number), (readClient, readNumber));
    }
}
