using System.Net;
using System.Text.Json;
using Xunit;

namespace Hubbub.ConformanceTests.Api;

/// <summary>The table of docs/protocol.md § 7 for machines, and what is open to everybody beside it.</summary>
public class OpenApiTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    /// <summary>Each operation of the protocol, its success, and whether it takes a body.</summary>
    private static readonly (string Method, string Path, string Success, bool Body)[] Operations =
    [
        ("post", "/api/guests", "201", true), ("post", "/api/tickets", "201", false), ("post", "/api/sessions", "204", false), ("delete", "/api/sessions", "204", false),
        ("get", "/api/me", "200", false), ("post", "/api/accounts", "201", true), ("post", "/api/login", "200", true), ("get", "/api/login", "200", false),
        ("put", "/api/me/password", "200", true), ("post", "/api/logout-everywhere", "204", false),
        ("get", "/api/users", "200", false), ("get", "/api/users/{user}", "200", false), ("patch", "/api/me", "200", true), ("put", "/api/me/avatar", "200", true), ("delete", "/api/me/avatar", "204", false),
        ("get", "/api/me/blocks", "200", false), ("put", "/api/me/blocks/{user}", "204", false), ("delete", "/api/me/blocks/{user}", "204", false),
        ("get", "/files/avatars/{hash}", "200", false), ("get", "/api/rooms", "200", false), ("post", "/api/rooms", "201", true), ("get", "/api/rooms/{room}", "200", false), ("post", "/api/direct", "201", true),
        ("patch", "/api/rooms/{room}", "200", true), ("get", "/api/rooms/{room}/members", "200", false), ("put", "/api/rooms/{room}/members/me", "200", false),
        ("delete", "/api/rooms/{room}/members/{user}", "204", false), ("post", "/api/rooms/{room}/invitations", "201", true),
        ("get", "/api/rooms/{room}/invitations", "200", false), ("delete", "/api/rooms/{room}/invitations/{invitation}", "204", false),
        ("get", "/api/invitations/{token}", "200", false), ("post", "/api/invitations/{token}", "200", false), ("post", "/api/rooms/{room}/messages", "201", true),
        ("patch", "/api/rooms/{room}/messages/{message}", "200", true), ("delete", "/api/rooms/{room}/messages/{message}", "200", false),
        ("put", "/api/rooms/{room}/read", "200", true), ("post", "/api/rooms/{room}/typing", "202", false), ("get", "/api/rooms/{room}/events", "200", false),
        ("get", "/api/rooms/{room}/presence", "200", false), ("get", "/api/search", "200", false), ("post", "/api/rooms/{room}/files", "201", true),
        ("delete", "/api/rooms/{room}/files/{file}", "204", false), ("get", "/files/{room}/{file}/{name}", "200", false),
        ("get", "/api/rooms/{room}/messages/{message}", "200", false), ("get", "/api/rooms/{room}/messages/{message}/edits", "200", false),
        ("put", "/api/rooms/{room}/members/{user}", "200", true), ("post", "/api/rooms/{room}/members/{user}/kick", "204", false),
        ("put", "/api/rooms/{room}/members/{user}/mute", "200", true), ("delete", "/api/rooms/{room}/members/{user}/mute", "204", false),
        ("get", "/api/rooms/{room}/messages/{message}/thread", "200", false), ("get", "/api/rooms/{room}/pins", "200", false), ("post", "/api/rooms/{room}/messages/{message}/reports", "201", true),
        ("get", "/api/rooms/{room}/reports", "200", false), ("post", "/api/rooms/{room}/reports/{report}", "200", true),
        ("put", "/api/rooms/{room}/messages/{message}/pin", "200", false), ("delete", "/api/rooms/{room}/messages/{message}/pin", "200", false),
        ("put", "/api/rooms/{room}/messages/{message}/reactions/{emoji}", "200", false), ("delete", "/api/rooms/{room}/messages/{message}/reactions/{emoji}", "200", false),
        ("get", "/api/events", "200", false), ("get", "/api/connect", "200", false), ("get", "/api/nodes", "200", false),
        ("post", "/api/nodes/{node}/drain", "202", false), ("get", "/health/live", "200", false), ("get", "/health/ready", "200", false),
    ];

    [Fact]
    public async Task The_document_lists_every_operation_with_its_answer_and_body()
    {
        using var nobody = fixture.Server.Nobody();

        var document = await nobody.GetAsync("/openapi/v1.json").Succeeds();

        Assert.StartsWith("3.", document.Text("openapi"), StringComparison.Ordinal);
        var paths = document.Json.GetProperty("paths");
        foreach (var (method, path, success, body) in Operations)
        {
            if (!paths.TryGetProperty(path, out var item) || !item.TryGetProperty(method, out var operation))
                throw new InvalidDataException($"{method} {path} is missing.");
            Assert.True(operation.GetProperty("responses").TryGetProperty(success, out _), $"{method} {path} does not say {success}.");
            Assert.True(body == operation.TryGetProperty("requestBody", out _), $"{method} {path}: body {body}.");
        }

        Assert.Equal(Operations.Length, paths.EnumerateObject().Sum(p => p.Value.EnumerateObject().Count()));
    }

    [Theory]
    [InlineData("/api/rooms/{room}/events", new[] { "after", "last", "before", "around", "limit", "wait" })]
    [InlineData("/api/events", new[] { "rooms", "limit", "wait" })]
    [InlineData("/api/connect", new[] { "room" })]
    [InlineData("/api/rooms", new[] { "limit", "after", "q" })]
    [InlineData("/api/search", new[] { "q", "limit", "before" })]
    [InlineData("/api/users", new[] { "id" })]
    [InlineData("/api/rooms/{room}/reports", new[] { "resolved" })]
    [InlineData("/api/rooms/{room}/members", new[] { "limit", "after" })]
    [InlineData("/api/rooms/{room}/messages/{message}/thread", new[] { "limit", "after" })]
    public async Task What_may_stand_in_the_query_is_listed_too(string path, string[] names)
    {
        using var nobody = fixture.Server.Nobody();
        var document = await nobody.GetAsync("/openapi/v1.json").Succeeds();

        var get = document.Json.GetProperty("paths").GetProperty(path).GetProperty("get");
        var listed = get.TryGetProperty("parameters", out var parameters)
            ? parameters.EnumerateArray().Where(p => p.GetProperty("in").GetString() == "query").Select(p => p.GetProperty("name").GetString()!)
            : [];

        Assert.Equal(names.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_guest_is_made_by_a_name_and_known_by_a_token()
    {
        using var nobody = fixture.Server.Nobody();

        var made = await nobody.PostAsync("/api/guests", new { name = "Ada" }).Succeeds(HttpStatusCode.Created);
        var nameless = await nobody.PostAsync("/api/guests", new { }).Succeeds(HttpStatusCode.Created);

        Assert.Equal("Ada", made.Json.GetProperty("user").GetProperty("name").GetString());
        Assert.StartsWith("Guest ", nameless.Json.GetProperty("user").GetProperty("name").GetString(), StringComparison.Ordinal);
        foreach (var name in new[] { "", " ", "a\u0007b", "a\nb", new string('x', 65) })
            await nobody.PostAsync("/api/guests", new { name }).Refused(HttpStatusCode.BadRequest, "bad_name");
        Assert.Equal(JsonValueKind.String, made.Json.GetProperty("expiresAt").ValueKind);
    }

    [Fact]
    public async Task What_is_personal_is_kept_by_no_cache()
    {
        foreach (var path in new[] { "/api/me", "/api/rooms", "/api/nowhere" })
            Assert.Equal("no-store", (await fixture.Owner.GetAsync(path)).Headers["cache-control"]);
    }
}
