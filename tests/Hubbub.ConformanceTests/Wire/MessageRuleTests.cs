using System.Net;
using System.Text;
using Hubbub.ConformanceTests.Servers;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Wire;

/// <summary>What a message may be (docs/protocol.md § 2), the same on the socket and over HTTP.</summary>
public class MessageRuleTests
{
    private const int Limit = 16 * 1024;

    /// <summary>JSON of the text, the code of its refusal (null: taken), and the code over HTTP where it differs.</summary>
    private static readonly Dictionary<string, (string Json, string? Code)> Texts = new()
    {
        ["nothing"] = ("\"\"", "bad_message"),
        ["white space"] = ("\" \\t\\r\\n\\u00a0\\u2003\"", "bad_message"),
        ["a NUL"] = ("\"a\\u0000b\"", "bad_message"),
        ["a bell"] = ("\"a\\u0007\"", "bad_message"),
        ["an escape"] = ("\"\\u001b[31mred\"", "bad_message"),
        ["a delete"] = ("\"a\\u007f\"", "bad_message"),
        ["a control character of the second set"] = ("\"a\\u0085b\"", "bad_message"),
        ["a lone high surrogate"] = ("\"a\\ud800b\"", "bad_message"),
        ["a lone low surrogate"] = ("\"a\\udc00b\"", "bad_message"),
        ["surrogates the wrong way round"] = ("\"\\udc00\\ud800\"", "bad_message"),
        ["one byte over the limit"] = ($"\"{new string('x', Limit + 1)}\"", "too_large"),
        ["one letter of three bytes over the limit"] = ($"\"{new string('世', Limit / 3)}xx\"", "too_large"),
        ["just the limit"] = ($"\"{new string('x', Limit)}\"", null),
        ["just the limit in letters of three bytes"] = ($"\"{new string('世', Limit / 3)}x\"", null),
        ["one letter"] = ("\"x\"", null),
        ["tabs and lines"] = ("\"a\\tb\\r\\nc\"", null),
        ["a pair of surrogates"] = ("\"\\ud83e\\udd9c\"", null),
    };

    public static TheoryData<string> Names => [.. Texts.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_message_is_taken_or_refused_alike_on_the_socket_and_over_http(string name)
    {
        var (json, code) = Texts[name];
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url, ada.Token);
        await socket.JoinAsync("room1");

        await socket.SendTextAsync($$$"""{"type":"message","id":"m","payload":{"message":{{{json}}}}}""");
        using var body = new StringContent($$"""{"message":{{json}}}""", Encoding.UTF8, "application/json");
        var answer = await ada.SendAsync(HttpMethod.Post, "/api/rooms/room1/messages", body);

        var told = await socket.AnswerAsync("m");
        if (code is null)
        {
            Assert.Equal("ack", told.GetProperty("type").GetString());
            Assert.Equal(HttpStatusCode.Created, answer.Status);
            return;
        }

        Assert.Equal(code, told.GetProperty("payload").GetProperty("code").GetString());
        Assert.Equal(code, answer.Code);
        Assert.Equal(code == "too_large" ? HttpStatusCode.RequestEntityTooLarge : HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(1, (await ada.GetAsync("/api/rooms/room1")).Number("head"));
    }
}
