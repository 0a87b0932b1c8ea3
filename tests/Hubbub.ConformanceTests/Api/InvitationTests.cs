using System.Net;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Api;

public class InvitationTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private HttpApi Owner => fixture.Owner;

    private HttpApi Other => fixture.Other;

    [Fact]
    public async Task A_link_makes_its_holder_a_member_of_a_private_room()
    {
        var room = await fixture.RoomAsync("private");
        await Other.GetAsync($"/api/rooms/{room}").Refused(HttpStatusCode.NotFound, "not_found");

        var made = await Owner.PostAsync($"/api/rooms/{room}/invitations", new { expiresIn = 3600 }).Succeeds(HttpStatusCode.Created);
        var token = made.Text("token");
        var looked = await Other.GetAsync($"/api/invitations/{token}").Succeeds();
        var accepted = await Other.PostAsync($"/api/invitations/{token}").Succeeds();

        Assert.Equal($"{fixture.Server.Url.GetLeftPart(UriPartial.Authority)}/i/{token}", made.Text("link"));
        Assert.True(token.Length >= 32, "192 random bits.");
        Assert.Equal(room, looked.Json.GetProperty("room").GetProperty("id").GetString());
        Assert.Equal(made.Text("expiresAt"), looked.Text("expiresAt"));
        Assert.Equal((room, "member"), (accepted.Text("id"), accepted.Text("role")));
        await Other.SayAsync(room, "thank you");

        // Accepting again changes nothing, and makes no owner a member.
        await Other.PostAsync($"/api/invitations/{token}").Succeeds();
        Assert.Equal("owner", (await Owner.PostAsync($"/api/invitations/{token}").Succeeds()).Text("role"));
        Assert.Equal(3, (await Owner.GetAsync($"/api/rooms/{room}")).Number("head"));
    }

    [Fact]
    public async Task The_list_shows_what_is_open_but_never_a_token()
    {
        var room = await fixture.RoomAsync("private");
        var (token, id) = await fixture.InviteAsync(room);
        var (_, revoked) = await fixture.InviteAsync(room);
        await Owner.DeleteAsync($"/api/rooms/{room}/invitations/{revoked}").Succeeds(HttpStatusCode.NoContent);

        var listed = await Owner.GetAsync($"/api/rooms/{room}/invitations").Succeeds();

        var only = Assert.Single(listed.Json.GetProperty("invitations").EnumerateArray());
        Assert.Equal(id, only.GetProperty("id").GetString());
        Assert.Equal(Owner.UserId, only.GetProperty("createdBy").GetString());
        Assert.DoesNotContain(token, listed.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_link_is_gone()
    {
        var room = await fixture.RoomAsync("private");
        var (token, id) = await fixture.InviteAsync(room);
        var elsewhere = await fixture.RoomAsync("private");

        await Owner.DeleteAsync($"/api/rooms/{elsewhere}/invitations/{id}").Refused(HttpStatusCode.NotFound, "not_found");
        await Other.GetAsync($"/api/invitations/{token}").Succeeds();
        await Owner.DeleteAsync($"/api/rooms/{room}/invitations/{id}").Succeeds(HttpStatusCode.NoContent);
        await Owner.DeleteAsync($"/api/rooms/{room}/invitations/{id}").Succeeds(HttpStatusCode.NoContent);

        await Other.GetAsync($"/api/invitations/{token}").Refused(HttpStatusCode.Gone, "gone");
        await Other.PostAsync($"/api/invitations/{token}").Refused(HttpStatusCode.Gone, "gone");
        await Other.GetAsync($"/api/rooms/{room}").Refused(HttpStatusCode.NotFound, "not_found");
        await Owner.DeleteAsync($"/api/rooms/{room}/invitations/none").Refused(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task An_expired_link_is_gone()
    {
        var room = await fixture.RoomAsync("private");
        var (token, _) = await fixture.InviteAsync(room, new { expiresIn = 60 });
        var (lasting, _) = await fixture.InviteAsync(room);
        await Other.GetAsync($"/api/invitations/{token}").Succeeds();

        fixture.Clock.Jump(TimeSpan.FromSeconds(61));

        await Other.PostAsync($"/api/invitations/{token}").Refused(HttpStatusCode.Gone, "gone");
        Assert.Single((await Owner.GetAsync($"/api/rooms/{room}/invitations")).Json.GetProperty("invitations").EnumerateArray());
        await Other.PostAsync($"/api/invitations/{lasting}").Succeeds();
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("2592001")]
    [InlineData("1.5")]
    [InlineData("\"60\"")]
    [InlineData("1e30")]
    [InlineData("9223372036854775808")]
    public async Task A_link_lives_from_a_second_to_thirty_days(string expiresIn)
    {
        var room = await fixture.RoomAsync("private");
        using var body = new StringContent($$"""{"expiresIn":{{expiresIn}}}""", System.Text.Encoding.UTF8, "application/json");

        await Owner.SendAsync(HttpMethod.Post, $"/api/rooms/{room}/invitations", body).Refused(HttpStatusCode.BadRequest, "bad_request");
    }

    [Fact]
    public async Task An_unknown_link_is_not_found()
    {
        foreach (var token in new[] { "none", new string('x', 1000), "..%2F..%2Fetc" })
        {
            await Other.GetAsync($"/api/invitations/{token}").Refused(HttpStatusCode.NotFound, "not_found");
            await Other.PostAsync($"/api/invitations/{token}").Refused(HttpStatusCode.NotFound, "not_found");
        }
    }

    [Fact]
    public async Task A_removed_member_comes_back_by_a_new_invitation()
    {
        var room = await fixture.RoomAsync("private");
        await fixture.AcceptAsync(Other, room);
        await Owner.DeleteAsync($"/api/rooms/{room}/members/{Other.UserId}").Succeeds(HttpStatusCode.NoContent);
        await Other.GetAsync($"/api/rooms/{room}").Refused(HttpStatusCode.NotFound, "not_found");

        await fixture.AcceptAsync(Other, room);

        await Other.SayAsync(room, "back again");
        Assert.Equal(
            ["room_created", "member_joined", "member_left", "member_joined", "message"],
            (await Other.EventsAsync(room, "after=0")).Json.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task A_token_of_other_rooms_neither_sees_nor_takes_an_invitation()
    {
        var room = await fixture.RoomAsync("private");
        var (token, _) = await fixture.InviteAsync(room);
        using var granted = fixture.Granted("granted-elsewhere", new Dictionary<string, string> { ["elsewhere"] = "owner" });

        await granted.GetAsync($"/api/invitations/{token}").Refused(HttpStatusCode.NotFound, "not_found");
        await granted.PostAsync($"/api/invitations/{token}").Refused(HttpStatusCode.NotFound, "not_found");

        Assert.Equal(1, (await Owner.GetAsync($"/api/rooms/{room}")).Number("head"));
    }
}
