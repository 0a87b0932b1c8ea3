using System.Buffers.Binary;
using System.Net;
using System.Text;
using Hubbub.ConformanceTests.Servers;
using Hubbub.Core.People;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Api;

/// <summary>What people show of themselves over HTTP (docs/protocol.md § 7), and whom they have blocked.</summary>
public sealed class ProfileTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task A_new_name_is_in_what_one_says_from_now_on_over_every_connection_and_at_every_node()
    {
        await using var store = SharedStore.InMemory();
        await using var here = await InProcessServer.StartAsync(s => s.Store = store);
        await using var there = await InProcessServer.StartAsync(s => s.Store = store);
        using var guest = await here.GuestAsync("Before");
        using var elsewhere = new HttpApi(there.Url, guest.Token, guest.UserId);
        await guest.SayAsync("room1", "as before");
        await using var socket = await PlainWebSocket.ConnectAsync(there.Url, guest.Token);
        await socket.JoinAsync("room1");

        var changed = await guest.PatchAsync("/api/me", new { name = "After" }).Succeeds();

        Assert.Equal("After", changed.Text("name"));
        await guest.SayAsync("room1", "at once, here");
        await Eventually.UntilAsync("the other node knows", async () => await NameAsync(elsewhere) == "After");
        await elsewhere.SayAsync("room1", "there, over HTTP");
        await Eventually.UntilAsync("the socket says the new name", async () =>
        {
            await socket.SendAsync("message", new { message = "there, over the socket" });
            return (await socket.NextEventAsync()).GetProperty("payload") is var said && said.GetProperty("message").GetString() == "there, over the socket" && SenderOf(said) == "After";
        });
        var events = (await guest.EventsAsync("room1", "after=0")).Json.GetProperty("events").EnumerateArray().Where(e => e.TryGetProperty("message", out _)).ToList();
        Assert.Equal(("Before", "After", "After"), (SenderOf(events[0]), SenderOf(events[1]), SenderOf(events[2])));

        static string SenderOf(System.Text.Json.JsonElement said) => said.GetProperty("sender").GetProperty("name").GetString()!;

        static async Task<string> NameAsync(HttpApi who) => (await who.GetAsync("/api/me").Succeeds()).Json.GetProperty("user").GetProperty("name").GetString()!;
    }

    [Fact]
    public async Task A_profile_is_what_was_changed_last_and_what_was_not_said_stays()
    {
        using var guest = await fixture.Server.GuestAsync("Ada");
        await guest.PatchAsync("/api/me", new { color = "#00FF7F" }).Succeeds();
        await guest.PatchAsync("/api/me", new { name = "Ada L" }).Succeeds();

        var seen = await fixture.Other.GetAsync($"/api/users/{guest.UserId}").Succeeds();

        Assert.Equal((guest.UserId, "Ada L", "#00ff7f", false), (seen.Text("id"), seen.Text("name"), seen.Text("color"), seen.Json.GetProperty("account").GetBoolean()));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, seen.Json.GetProperty("avatar").ValueKind);
        Assert.False(seen.Json.GetProperty("present").GetBoolean());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, (await guest.PatchAsync("/api/me", new { color = "" }).Succeeds()).Json.GetProperty("color").ValueKind);
        await fixture.Other.GetAsync("/api/users/nobody-of-this-id").Refused(HttpStatusCode.NotFound, "not_found");
        var several = await fixture.Other.GetAsync($"/api/users?id=nobody-of-this-id&id={guest.UserId}").Succeeds();
        Assert.Equal("Ada L", Assert.Single(several.Json.GetProperty("users").EnumerateArray()).GetProperty("name").GetString());
        await fixture.Other.GetAsync("/api/users").Refused(HttpStatusCode.BadRequest, "bad_request");
        await fixture.Other.GetAsync("/api/users?" + string.Join('&', Enumerable.Repeat("id=a", 101))).Refused(HttpStatusCode.BadRequest, "bad_request");
    }

    [Fact]
    public async Task What_cannot_be_a_name_or_a_colour_is_refused_and_an_accounts_name_is_its_own()
    {
        using var account = await SignOutTests.AccountAsync(fixture.Server, "Owner of this name");
        using var guest = await fixture.Server.GuestAsync();
        using var customer = fixture.Granted("customer-of-names", new Dictionary<string, string> { ["*"] = "member" });

        foreach (var color in new[] { "red", "#fff", "#12345g", "#1234567", "javascript:1" })
            await guest.PatchAsync("/api/me", new { color }).Refused(HttpStatusCode.BadRequest, "bad_request");
        foreach (var name in new[] { "", "a\nb", "\u200b", new string('x', 65) })
            await guest.PatchAsync("/api/me", new { name }).Refused(HttpStatusCode.BadRequest, "bad_name");
        await guest.PatchAsync("/api/me", new { name = "OWNER of this name" }).Refused(HttpStatusCode.Conflict, "name_taken");
        await customer.PatchAsync("/api/me", new { name = "Another" }).Refused(HttpStatusCode.Forbidden, "forbidden");
        Assert.Equal("#000000", (await customer.PatchAsync("/api/me", new { color = "#000000" }).Succeeds()).Text("color"));
    }

    [Fact]
    public async Task Who_has_a_connection_at_any_node_is_present_and_who_has_gone_was_seen_last_then()
    {
        var clock = new JumpingClock();
        await using var store = SharedStore.InMemory(clock);
        await using var here = await InProcessServer.StartAsync(s => (s.Store, s.Time) = (store, clock));
        await using var there = await InProcessServer.StartAsync(s => (s.Store, s.Time) = (store, clock));
        using var ann = await here.GuestAsync("Ann");
        using var bob = await there.GuestAsync("Bob");
        await using var first = await PlainWebSocket.ConnectAsync(here.Url, ann.Token);
        await first.JoinAsync("room1");
        await using (var second = await ann.StreamAsync("/api/rooms/room1/events", "text/event-stream"))
        {
            await Eventually.UntilAsync("she is present at the other node", IsPresentAsync);
            await first.CloseAsync();

            // She has another connection, so she stays present, also when what was told of her once has run out.
            for (var passed = TimeSpan.Zero; passed < 2 * LastSeen.Lease; passed += LastSeen.Refresh)
            {
                clock.Jump(LastSeen.Refresh);
                await Eventually.UntilAsync("she is told of again", async () => (await store.People.ProfileAsync(Hubbub.Protocol.UserId.Parse(ann.UserId), default))!.LiveUntil > clock.GetUtcNow() + LastSeen.Refresh);
                Assert.True(await IsPresentAsync());
            }
        }

        await Eventually.UntilAsync("she has gone", async () => !await IsPresentAsync());
        var left = (await ProfileAsync()).Text("lastSeen");
        clock.Jump(TimeSpan.FromHours(1));
        Assert.Equal(left, (await ProfileAsync()).Text("lastSeen"));

        async Task<Answer> ProfileAsync() => await bob.GetAsync($"/api/users/{ann.UserId}").Succeeds();

        async Task<bool> IsPresentAsync() => (await bob.GetAsync($"/api/users/{ann.UserId}")) is { Status: HttpStatusCode.OK } seen && seen.Json.GetProperty("present").GetBoolean();
    }

    [Fact]
    public async Task A_picture_is_served_inert_by_its_content_to_whoever_knows_its_address()
    {
        using var guest = await fixture.Server.GuestAsync("Pictured");
        using var nobody = fixture.Server.Nobody();
        var png = Png(64, 64);

        var address = (await PutAsync(guest, png, "application/octet-stream").Succeeds()).Text("avatar");

        var served = await nobody.GetAsync(address).Succeeds();
        Assert.Equal(
            ("image/png", "nosniff", "sandbox; default-src 'none'", "public, max-age=31536000, immutable"),
            (served.Headers["content-type"], served.Headers["x-content-type-options"], served.Headers["content-security-policy"], served.Headers["cache-control"]));
        Assert.Equal(HttpStatusCode.NotModified, (await nobody.SendAsync(HttpMethod.Get, address, null, ("If-None-Match", served.Headers["etag"]))).Status);
        Assert.Equal(address, (await fixture.Other.GetAsync($"/api/users/{guest.UserId}").Succeeds()).Text("avatar"));
        Assert.Equal(address, (await PutAsync(guest, png, "image/jpeg").Succeeds()).Text("avatar"));

        await guest.DeleteAsync("/api/me/avatar").Succeeds(HttpStatusCode.NoContent);
        var gone = await nobody.GetAsync(address);
        Assert.Equal((HttpStatusCode.NotFound, "not_found", "no-store", "nosniff"), (gone.Status, gone.Code, gone.Headers["cache-control"], gone.Headers["x-content-type-options"]));
        foreach (var path in new[] { "/files/avatars/..%2f..%2fsigning.key", "/files/avatars/'", "/files/", "/files/avatars/" })
            Assert.Equal(HttpStatusCode.NotFound, (await nobody.GetAsync(path)).Status);
        Assert.Empty(fixture.Server.Log.Errors);
    }

    [Fact]
    public async Task What_is_no_picture_or_too_large_a_one_is_refused()
    {
        using var guest = await fixture.Server.GuestAsync();

        await PutAsync(guest, Encoding.UTF8.GetBytes("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"), "image/png").Refused(HttpStatusCode.BadRequest, "bad_request");
        await PutAsync(guest, [], "image/png").Refused(HttpStatusCode.BadRequest, "bad_request");
        await PutAsync(guest, Png(1025, 1), "image/png").Refused(HttpStatusCode.RequestEntityTooLarge, "too_large");
        await PutAsync(guest, Png(1, uint.MaxValue), "image/png").Refused(HttpStatusCode.RequestEntityTooLarge, "too_large");
        await PutAsync(guest, [.. Png(64, 64), .. new byte[512 * 1024]], "image/png").Refused(HttpStatusCode.RequestEntityTooLarge, "too_large");
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(guest, [.. Png(1024, 1024), .. new byte[(512 * 1024) - 33]], "image/png")).Status);
        Assert.Empty(fixture.Server.Log.Errors);
    }

    [Fact]
    public async Task Whom_one_blocks_is_on_ones_own_list_and_hears_nothing_of_it()
    {
        using var ann = await fixture.Server.GuestAsync("Ann");
        using var bob = await fixture.Server.GuestAsync("Bob");
        const string Odd = "user/with%2Fslash";

        await ann.PutAsync($"/api/me/blocks/{bob.UserId}").Succeeds(HttpStatusCode.NoContent);
        await ann.PutAsync($"/api/me/blocks/{bob.UserId}").Succeeds(HttpStatusCode.NoContent);
        await ann.PutAsync($"/api/me/blocks/{Uri.EscapeDataString(Odd)}").Succeeds(HttpStatusCode.NoContent);

        Assert.Equal([bob.UserId, Odd], await BlockedAsync(ann));
        Assert.Empty(await BlockedAsync(bob));
        await ann.PutAsync($"/api/me/blocks/{ann.UserId}").Refused(HttpStatusCode.BadRequest, "bad_request");
        await ann.DeleteAsync($"/api/me/blocks/{Uri.EscapeDataString(Odd)}").Succeeds(HttpStatusCode.NoContent);
        await ann.DeleteAsync($"/api/me/blocks/{Uri.EscapeDataString(Odd)}").Succeeds(HttpStatusCode.NoContent);
        Assert.Equal([bob.UserId], await BlockedAsync(ann));

        static async Task<IEnumerable<string>> BlockedAsync(HttpApi who) =>
            (await who.GetAsync("/api/me/blocks").Succeeds()).Json.GetProperty("blocks").EnumerateArray().Select(b => b.GetProperty("user").GetString()!);
    }

    private static async Task<Answer> PutAsync(HttpApi who, byte[] bytes, string mediaType)
    {
        using var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue(mediaType);
        return await who.PutAsync("/api/me/avatar", content);
    }

    private static byte[] Png(uint width, uint height)
    {
        byte[] bytes = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, .. "IHDR"u8, 0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(16), width);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(20), height);
        return bytes;
    }
}
