using System.Net;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Api;

public class MemberTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private HttpApi Owner => fixture.Owner;

    private HttpApi Other => fixture.Other;

    [Fact]
    public async Task Anyone_may_join_a_public_room_and_again_without_a_trace()
    {
        var room = await fixture.RoomAsync();

        var joined = await Other.PutAsync($"/api/rooms/{room}/members/me").Succeeds();
        var again = await Other.PutAsync($"/api/rooms/{room}/members/me").Succeeds();

        Assert.Equal(Other.UserId, joined.Json.GetProperty("user").GetProperty("id").GetString());
        Assert.Equal("Other", joined.Json.GetProperty("user").GetProperty("name").GetString());
        Assert.Equal("member", joined.Text("role"));
        Assert.Equal(joined.Body, again.Body);
        Assert.Equal(2, (await Owner.GetAsync($"/api/rooms/{room}")).Number("head"));
        Assert.Equal("member", (await Other.GetAsync($"/api/rooms/{room}")).Text("role"));
    }

    [Fact]
    public async Task An_owner_who_joins_stays_owner()
    {
        var room = await fixture.RoomAsync();

        Assert.Equal("owner", (await Owner.PutAsync($"/api/rooms/{room}/members/me").Succeeds()).Text("role"));

        Assert.Equal(1, (await Owner.GetAsync($"/api/rooms/{room}")).Number("head"));
    }

    [Fact]
    public async Task Members_are_listed_page_by_page()
    {
        var room = await fixture.RoomAsync();
        var expected = new List<string> { Owner.UserId };
        for (var i = 0; i < 4; i++)
        {
            using var member = await fixture.Server.GuestAsync($"Member {i}");
            await member.PutAsync($"/api/rooms/{room}/members/me").Succeeds();
            expected.Add(member.UserId);
        }

        var listed = new List<string>();
        string? after = null;
        do
        {
            var page = await Owner.GetAsync($"/api/rooms/{room}/members?limit=2{(after is null ? "" : $"&after={after}")}").Succeeds();
            listed.AddRange(page.Json.GetProperty("members").EnumerateArray().Select(m => m.GetProperty("user").GetProperty("id").GetString()!));
            after = page.Json.GetProperty("next").GetString();
        }
        while (after is not null);

        Assert.Equal(expected.Order(StringComparer.Ordinal), listed);
        await Owner.GetAsync($"/api/rooms/{room}/members?limit=0").Refused(HttpStatusCode.BadRequest, "bad_request");
        await Owner.GetAsync($"/api/rooms/{room}/members?after=%20").Refused(HttpStatusCode.BadRequest, "bad_request");
    }

    [Fact]
    public async Task Whoever_leaves_may_come_back()
    {
        var room = await fixture.RoomAsync();
        await Other.DeleteAsync($"/api/rooms/{room}/members/me").Refused(HttpStatusCode.NotFound, "not_found");
        await Other.PutAsync($"/api/rooms/{room}/members/me").Succeeds();

        await Other.DeleteAsync($"/api/rooms/{room}/members/me").Succeeds(HttpStatusCode.NoContent);

        Assert.Equal(System.Text.Json.JsonValueKind.Null, (await Other.GetAsync($"/api/rooms/{room}")).Json.GetProperty("role").ValueKind);
        await Other.DeleteAsync($"/api/rooms/{room}/members/{Other.UserId}").Refused(HttpStatusCode.NotFound, "not_found");
        await Other.PutAsync($"/api/rooms/{room}/members/me").Succeeds();
    }

    [Fact]
    public async Task Whoever_is_removed_from_a_public_room_comes_back_by_invitation_only()
    {
        var room = await fixture.RoomAsync();
        await Other.PutAsync($"/api/rooms/{room}/members/me").Succeeds();
        await Owner.DeleteAsync($"/api/rooms/{room}/members/{Other.UserId}").Succeeds(HttpStatusCode.NoContent);

        await Other.PutAsync($"/api/rooms/{room}/members/me").Refused(HttpStatusCode.Forbidden, "forbidden");
        await Other.PostAsync($"/api/rooms/{room}/messages", new { message = "x" }).Refused(HttpStatusCode.Forbidden, "forbidden");
        await Other.EventsAsync(room).Refused(HttpStatusCode.Forbidden, "forbidden");
        await Owner.DeleteAsync($"/api/rooms/{room}/members/{Other.UserId}").Succeeds(HttpStatusCode.NoContent);
        Assert.Equal(3, (await Owner.GetAsync($"/api/rooms/{room}")).Number("head"));
        await fixture.AcceptAsync(Other, room);

        await Other.PostAsync($"/api/rooms/{room}/messages", new { message = "back" }).Succeeds(HttpStatusCode.Created);
        Assert.Equal("member", (await Other.GetAsync($"/api/rooms/{room}")).Text("role"));
    }

    [Fact]
    public async Task Somebody_who_was_never_a_member_can_be_kept_out_too()
    {
        var room = await fixture.RoomAsync();
        await Other.EventsAsync(room).Succeeds();

        await Owner.DeleteAsync($"/api/rooms/{room}/members/{Other.UserId}").Succeeds(HttpStatusCode.NoContent);

        await Other.EventsAsync(room).Refused(HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task A_user_id_of_any_visible_characters_can_be_removed()
    {
        var room = await fixture.RoomAsync();
        foreach (var id in new[] { "auth0|user/42", "a%2Fb", "me@example.org", "#1?x=y", "a+b;c", "a/../b" })
        {
            using var user = fixture.Granted(id, new Dictionary<string, string> { [room] = "member" });
            await user.PutAsync($"/api/rooms/{room}/members/me").Succeeds();

            await Owner.DeleteAsync($"/api/rooms/{room}/members/{Uri.EscapeDataString(id)}").Succeeds(HttpStatusCode.NoContent);

            Assert.True((await user.EventsAsync(room)).Status == HttpStatusCode.Forbidden, id);
        }

        await Owner.DeleteAsync($"/api/rooms/{room}/members/%C3%BC").Refused(HttpStatusCode.BadRequest, "bad_request");
    }

    [Fact]
    public async Task Roles_are_changed_by_an_owner_and_the_last_one_stays()
    {
        var room = await fixture.RoomAsync();
        using var second = await MemberAsync(room, "Second");

        var changed = await Owner.PutAsync($"/api/rooms/{room}/members/{second.UserId}", new { role = "moderator" }).Succeeds();
        Assert.Equal(("moderator", second.UserId), (changed.Text("role"), changed.Json.GetProperty("user").GetProperty("id").GetString()));
        Assert.Equal("moderator", (await second.GetAsync($"/api/rooms/{room}")).Text("role"));
        var told = (await Owner.EventsAsync(room, "last=1")).Json.GetProperty("events")[0];
        Assert.Equal(("role_changed", "moderator"), (told.GetProperty("type").GetString(), told.GetProperty("role").GetString()));

        await Owner.PutAsync($"/api/rooms/{room}/members/{Owner.UserId}", new { role = "member" }).Refused(HttpStatusCode.Conflict, "last_owner");
        await Owner.PutAsync($"/api/rooms/{room}/members/{second.UserId}", new { role = "owner" }).Succeeds();
        await second.PutAsync($"/api/rooms/{room}/members/{Owner.UserId}", new { role = "member" }).Refused(HttpStatusCode.Forbidden, "forbidden");
        await Owner.PutAsync($"/api/rooms/{room}/members/{Owner.UserId}", new { role = "member" }).Succeeds();

        // Joining again gives nothing back.
        Assert.Equal("member", (await Owner.PutAsync($"/api/rooms/{room}/members/me").Succeeds()).Text("role"));
        await second.PutAsync($"/api/rooms/{room}/members/nobody", new { role = "member" }).Refused(HttpStatusCode.NotFound, "not_found");
        await second.PutAsync($"/api/rooms/{room}/members/{Owner.UserId}", new { role = "king" }).Refused(HttpStatusCode.BadRequest, "bad_request");
    }

    [Fact]
    public async Task Nobody_acts_on_an_equal_or_a_higher_role()
    {
        var room = await fixture.RoomAsync();
        using var moderator = await MemberAsync(room, "Moderator", "moderator");
        using var equal = await MemberAsync(room, "Equal", "moderator");
        using var member = await MemberAsync(room, "Member");

        foreach (var above in new[] { equal, Owner, moderator })
        {
            await moderator.PostAsync($"/api/rooms/{room}/members/{above.UserId}/kick").Refused(HttpStatusCode.Forbidden, "forbidden");
            await moderator.PutAsync($"/api/rooms/{room}/members/{above.UserId}/mute", new { seconds = 5 }).Refused(HttpStatusCode.Forbidden, "forbidden");
        }

        foreach (var above in new[] { equal, Owner })
            await moderator.DeleteAsync($"/api/rooms/{room}/members/{above.UserId}").Refused(HttpStatusCode.Forbidden, "forbidden");
        await moderator.PutAsync($"/api/rooms/{room}/members/{member.UserId}/mute", new { seconds = 5 }).Succeeds();
        await moderator.DeleteAsync($"/api/rooms/{room}/members/{member.UserId}").Succeeds(HttpStatusCode.NoContent);
        await Owner.PostAsync($"/api/rooms/{room}/members/{moderator.UserId}/kick").Succeeds(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Who_was_kicked_may_come_back()
    {
        var room = await fixture.RoomAsync();
        using var member = await MemberAsync(room, "Member");
        await using var reading = await member.StreamAsync($"/api/rooms/{room}/events", "text/event-stream");
        await reading.NextAsync();

        await Owner.PostAsync($"/api/rooms/{room}/members/{member.UserId}/kick").Succeeds(HttpStatusCode.NoContent);
        await Owner.PostAsync($"/api/rooms/{room}/members/{member.UserId}/kick").Refused(HttpStatusCode.NotFound, "not_found");

        for (var frame = await reading.NextAsync(); ; frame = await reading.NextAsync())
        {
            if (frame!.Value.GetProperty("type").GetString() != "left")
                continue;
            Assert.Equal("kicked", frame.Value.GetProperty("payload").GetProperty("reason").GetString());
            break;
        }

        await member.PutAsync($"/api/rooms/{room}/members/me").Succeeds();
    }

    [Fact]
    public async Task Who_is_muted_reads_and_does_not_write_until_it_is_over()
    {
        var room = await fixture.RoomAsync();
        using var member = await MemberAsync(room, "Member");
        var id = (await member.SayAsync(room, "before")).Text("id");

        var muted = await Owner.PutAsync($"/api/rooms/{room}/members/{member.UserId}/mute", new { seconds = 3600 }).Succeeds();
        Assert.Equal(member.UserId, muted.Json.GetProperty("user").GetProperty("id").GetString());

        var refused = member.PostAsync($"/api/rooms/{room}/messages", new { message = "x" });
        await refused.Refused(HttpStatusCode.Forbidden, "muted");
        Assert.Equal(muted.Text("until"), (await refused).Text("until"));
        await member.PutAsync($"/api/rooms/{room}/messages/{id}/reactions/:tada:").Refused(HttpStatusCode.Forbidden, "muted");
        await member.GetAsync($"/api/rooms/{room}/messages/{id}").Succeeds();

        // Nor after leaving and coming back.
        await member.DeleteAsync($"/api/rooms/{room}/members/me").Succeeds(HttpStatusCode.NoContent);
        await member.PostAsync($"/api/rooms/{room}/messages", new { message = "x" }).Refused(HttpStatusCode.Forbidden, "muted");
        await member.PutAsync($"/api/rooms/{room}/members/me").Succeeds();
        await member.PostAsync($"/api/rooms/{room}/messages", new { message = "x" }).Refused(HttpStatusCode.Forbidden, "muted");

        await Owner.DeleteAsync($"/api/rooms/{room}/members/{member.UserId}/mute").Succeeds(HttpStatusCode.NoContent);
        await Owner.DeleteAsync($"/api/rooms/{room}/members/{member.UserId}/mute").Succeeds(HttpStatusCode.NoContent);
        await member.SayAsync(room, "after");
        foreach (var seconds in new object?[] { 0, -1, 2_592_001, null, "60" })
            await Owner.PutAsync($"/api/rooms/{room}/members/{member.UserId}/mute", new { seconds }).Refused(HttpStatusCode.BadRequest, "bad_request");
    }

    private async Task<HttpApi> MemberAsync(string room, string name, string role = "member")
    {
        var member = await fixture.Server.GuestAsync(name);
        await member.PutAsync($"/api/rooms/{room}/members/me").Succeeds();
        if (role != "member")
            await Owner.PutAsync($"/api/rooms/{room}/members/{member.UserId}", new { role }).Succeeds();
        return member;
    }
}
