using System.Net;
using System.Text;
using Hubbub.ConformanceTests.Servers;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Wire;

/// <summary>What stands in a request's body, or should: each flaw has its answer, as problem details.</summary>
public class BodyTests
{
    public static TheoryData<string, string> Flaws => new()
    {
        { "", "bad_json" },
        { "hello", "bad_json" },
        { "[]", "bad_json" },
        { "null", "bad_json" },
        { "\"message\"", "bad_json" },
        { "{", "bad_json" },
        { """{"message":"x"} {}""", "bad_json" },
        { """{"message":"x",}""", "bad_json" },
        { """{"message":7}""", "bad_request" },
        { """{"message":["x"]}""", "bad_request" },
        { """{"message":{"x":1}}""", "bad_request" },
        { """{"message":true}""", "bad_request" },
        { """{"message":"x","key":7}""", "bad_request" },
        { "{}", "bad_message" },
        { """{"message":null}""", "bad_message" },
        { """{"message":"x","key":""}""", "bad_key" },
        { """{"message":"x","key":"a b"}""", "bad_key" },
        { """{"message":"x","key":"\ud800"}""", "bad_key" },
    };

    [Theory]
    [MemberData(nameof(Flaws))]
    public async Task A_flawed_body_is_refused_as_a_problem(string body, string code)
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        var answer = await ada.SendAsync(HttpMethod.Post, "/api/rooms/room1/messages", content);

        Assert.Equal(code, answer.Code);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("application/problem+json", answer.Headers["content-type"]);
        Assert.Equal("about:blank", answer.Text("type"));
        Assert.Equal("Bad Request", answer.Text("title"));
        Assert.Equal(400, answer.Number("status"));
        Assert.False(answer.Json.GetProperty("retryable").GetBoolean());
        Assert.NotEmpty(answer.Text("detail"));
        Assert.Empty(server.Log.Errors);
    }

    [Fact]
    public async Task Bytes_that_are_no_utf8_and_endless_nesting_are_refused()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        byte[][] bodies =
        [
            [.. "{\"message\":\""u8, 0xC3, 0x28, .. "\"}"u8], [.. "{\"message\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8], [0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00],
            Encoding.ASCII.GetBytes(new string('[', 60_000)), Encoding.ASCII.GetBytes("""{"message":"x","more":""" + new string('[', 30_000) + new string(']', 30_000) + "}"),
        ];

        foreach (var bytes in bodies)
        {
            using var content = new ByteArrayContent(bytes);
            content.Headers.ContentType = new("application/json");
            Assert.Equal(HttpStatusCode.BadRequest, (await ada.SendAsync(HttpMethod.Post, "/api/rooms/room1/messages", content)).Status);
        }

        Assert.Empty(server.Log.Errors);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/json-seq")]
    [InlineData(null)]
    public async Task Another_media_type_is_refused_as_a_form_of_a_foreign_page_would_be(string? mediaType)
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        using var nobody = server.Nobody();
        foreach (var (who, method, path) in new[]
        {
            (ada, "POST", "/api/rooms/room1/messages"), (ada, "POST", "/api/rooms"), (nobody, "POST", "/api/guests"), (ada, "PUT", "/api/rooms/room1/read"),
        })
        {
            using var content = new ByteArrayContent("""{"message":"x"}"""u8.ToArray());
            content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
            var answer = await who.SendAsync(new HttpMethod(method), path, content);
            Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.Status);
            Assert.Equal("bad_request", answer.Code);
        }
    }

    [Theory]
    [InlineData("DELETE", "/api/rooms")]
    [InlineData("OPTIONS", "/api/me")]
    [InlineData("TRACE", "/api/guests")]
    public async Task Another_method_is_refused_as_a_problem_that_says_which_there_are(string method, string path)
    {
        await using var server = await InProcessServer.StartAsync();
        using var nobody = server.Nobody();

        var answer = await nobody.SendAsync(new HttpMethod(method), path);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.Status);
        Assert.Equal("bad_request", answer.Code);
        Assert.NotEmpty(answer.Headers["allow"]);
    }

    [Fact]
    public async Task An_unknown_address_is_not_found()
    {
        await using var server = await InProcessServer.StartAsync();
        using var nobody = server.Nobody();

        var answer = await nobody.GetAsync("/api/nowhere");

        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Equal("not_found", answer.Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_over_64_KiB_is_refused_whether_it_says_its_length_or_not(bool chunked)
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        const string Frame = """{"message":"x","more":""}""";

        foreach (var (length, status) in new[] { (64 * 1024, HttpStatusCode.Created), ((64 * 1024) + 1, HttpStatusCode.RequestEntityTooLarge), (10_000_000, HttpStatusCode.RequestEntityTooLarge) })
        {
            var json = Frame.Insert(Frame.Length - 2, new string('x', length - Frame.Length));
            await using var raw = await RawSocket.ConnectAsync(server.Url);
            await raw.SendAsync(
                $"POST /api/rooms/room1/messages HTTP/1.1\r\nHost: {server.Url.Authority}\r\nAuthorization: Bearer {ada.Token}\r\nContent-Type: application/json\r\n"
                + (chunked ? $"Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n" : $"Content-Length: {length}\r\n\r\n"));
            var sending = raw.TrySendAsync(Encoding.ASCII.GetBytes(chunked ? $"{json}\r\n0\r\n\r\n" : json));

            var (head, body) = await raw.ReadResponseAsync();
            await raw.DisposeAsync();
            await sending;

            Assert.StartsWith($"HTTP/1.1 {(int)status} ", head, StringComparison.Ordinal);
            if (status != HttpStatusCode.Created)
                Assert.Contains("\"too_large\"", body, StringComparison.Ordinal);
        }

        Assert.Empty(server.Log.Errors);
    }

    [Fact]
    public async Task A_body_that_is_cut_off_is_nobodys_bug()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        await using (var raw = await RawSocket.ConnectAsync(server.Url))
        {
            await raw.SendAsync(
                $"POST /api/rooms/room1/messages HTTP/1.1\r\nHost: {server.Url.Authority}\r\nAuthorization: Bearer {ada.Token}\r\nContent-Type: application/json\r\n"
                + "Content-Length: 100\r\n\r\n{\"message\":");
            raw.Reset();
        }

        await server.AssertWellAsync();
    }
}
