using System.Diagnostics;
using System.Net;
using Hubbub.ConformanceTests.Servers;
using Hubbub.ConformanceTests.Transports.Readers;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Transports;

// Who is told, and for how long.
public abstract partial class ReadingContract
{
    /// <summary>The promise is a second; the rest is for a busy machine.</summary>
    private static readonly TimeSpan RemovalDeadline = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task A_room_that_does_not_exist_is_created_by_who_first_reads_it()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");

        await using var reader = await OpenAsync(ada, Start.Behind("0"), "fresh");

        Assert.Equal("room_created", (await reader.NextAsync()).Type);
        Assert.Equal("owner", (await ada.GetAsync("/api/rooms/fresh")).Text("role"));
    }

    [Fact]
    public async Task Where_rooms_are_not_created_by_use_an_absent_room_is_not_found()
    {
        await using var server = await InProcessServer.StartAsync(s => s.Options = o => o.CreateRooms = false);
        using var ada = await server.GuestAsync("Ada");

        var refused = await Assert.ThrowsAsync<ReadingRefusedException>(() => OpenAsync(ada, Start.Head, "absent"));

        Assert.Equal("not_found", refused.Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_private_room_of_others_looks_like_an_absent_one(bool createRooms)
    {
        await using var server = await InProcessServer.StartAsync(s => s.Options = o => o.CreateRooms = createRooms);
        await using var strict = await InProcessServer.StartAsync(s => s.Options = o => o.CreateRooms = false);
        using var ada = await server.GuestAsync("Ada");
        using var eve = await server.GuestAsync("Eve");
        using var stranger = await strict.GuestAsync("Eve");
        (await ada.PostAsync("/api/rooms", new { id = "secret", visibility = "private" })).Expect(HttpStatusCode.Created);

        var hidden = await Assert.ThrowsAsync<ReadingRefusedException>(() => OpenAsync(eve, Start.Head, "secret"));
        var absent = await Assert.ThrowsAsync<ReadingRefusedException>(() => OpenAsync(stranger, Start.Head, "secret"));

        Assert.Equal("not_found", hidden.Code);
        Assert.Equal(absent.Message, hidden.Message);
    }

    [Theory]
    [InlineData("public", StoreKind.Memory)]
    [InlineData("private", StoreKind.Memory)]
    [InlineData("private", StoreKind.Sqlite)]
    public async Task A_removed_reader_is_told_within_a_second_and_then_nothing_more(string visibility, StoreKind kind)
    {
        await using var store = await SharedStore.OfAsync(kind);
        await using var server = await InProcessServer.StartAsync(s => s.Store = store);
        using var ada = await server.GuestAsync("Ada");
        using var bob = await server.GuestAsync("Bob");
        await MakeRoomAsync(ada, visibility, bob);
        await using var reader = await OpenAsync(bob, Start.Head);
        await using var fence = await Transport.WebSocket.Open(ada, Room, Start.Head);
        await ada.SayAsync(Room, "both hear this");
        Assert.Equal("both hear this", (await reader.NextAsync()).Text("message"));

        var began = Stopwatch.GetTimestamp();
        (await ada.DeleteAsync($"/api/rooms/{Room}/members/{bob.UserId}")).Expect(HttpStatusCode.NoContent);
        var told = await reader.NextAsync();
        var took = Stopwatch.GetElapsedTime(began);

        ExpectEndOfReading(told, "removed", visibility == "public" ? "forbidden" : "not_found");
        Assert.True(took < RemovalDeadline, $"It took {took.TotalSeconds:0.00} s.");
        await ada.SayAsync(Room, "Bob must not hear this");
        while ((await fence.NextAsync()).Type != "member_left")
        {
            // The message that both heard comes first.
        }

        Assert.Equal("Bob must not hear this", (await fence.NextAsync()).Text("message"));
        Assert.DoesNotContain(await reader.RestAsync(), t => t.IsEvent);
        await Assert.ThrowsAsync<ReadingRefusedException>(() => OpenAsync(bob, Start.Head));
    }

    [Fact]
    public async Task A_removal_at_another_node_ends_the_reading_here()
    {
        await using var store = SharedStore.InMemory();
        await using var here = await InProcessServer.StartAsync(s => s.Store = store);
        await using var there = await InProcessServer.StartAsync(s => s.Store = store);
        using var ada = await there.GuestAsync("Ada");
        using var bob = await here.GuestAsync("Bob");
        using var bobThere = new HttpApi(there.Url, bob.Token, bob.UserId);
        await MakeRoomAsync(ada, "private", bobThere);
        await using var reader = await OpenAsync(bob, Start.Head);

        var began = Stopwatch.GetTimestamp();
        (await ada.DeleteAsync($"/api/rooms/{Room}/members/{bob.UserId}")).Expect(HttpStatusCode.NoContent);
        var told = await reader.NextAsync();
        var took = Stopwatch.GetElapsedTime(began);

        // A poll that asks in the second for which this node still trusts what it knew may be told of the removal itself; that is the last it is told.
        if (told.Type == "member_left")
            told = await reader.NextAsync();
        ExpectEndOfReading(told, "removed", "not_found");
        Assert.True(took < RemovalDeadline, $"It took {took.TotalSeconds:0.00} s.");
    }

    [Fact]
    public async Task A_member_that_leaves_a_private_room_is_told_nothing_more()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ada = await server.GuestAsync("Ada");
        using var bob = await server.GuestAsync("Bob");
        await MakeRoomAsync(ada, "private", bob);
        await using var reader = await OpenAsync(bob, Start.Head);

        (await bob.DeleteAsync($"/api/rooms/{Room}/members/me")).Expect(HttpStatusCode.NoContent);

        ExpectEndOfReading(await reader.NextAsync(), "left", "not_found");
        await ada.SayAsync(Room, "Bob must not hear this");
        Assert.DoesNotContain(await reader.RestAsync(), t => t.IsEvent);
    }

    [Fact]
    public async Task When_the_token_expires_the_reading_ends()
    {
        var clock = new JumpingClock();
        await using var server = await InProcessServer.StartAsync(s =>
        {
            s.Time = clock;
            s.Tokens = t => t.GuestLifetime = TimeSpan.FromMinutes(10);
            s.Options = o => o.PingAfter = o.DeadAfter = TimeSpan.FromHours(1);
        });
        using var ada = await server.GuestAsync("Ada");
        await using var reader = await OpenAsync(ada, Start.Head);

        clock.Jump(TimeSpan.FromMinutes(11));
        using var bob = await server.GuestAsync("Bob");
        await bob.SayAsync(Room, "Ada may hear this, or not");

        var told = await reader.NextAsync();
        while (told.IsEvent || told.Type == "token_expiring")
            told = await reader.NextAsync();
        if (Transport.IsStream)
        {
            Assert.Equal("closing", told.Type);
            Assert.Equal(4401, told.Fields.GetProperty("code").GetInt32());
            Assert.Equal("end", (await reader.NextAsync()).Type);
        }
        else
        {
            Assert.Equal("token_expired", told.Text("code"));
        }

        await bob.SayAsync(Room, "Ada must not hear this");
        Assert.DoesNotContain(await reader.RestAsync(), t => t.IsEvent);
    }

    private static async Task MakeRoomAsync(HttpApi owner, string visibility, HttpApi member)
    {
        (await owner.PostAsync("/api/rooms", new { id = Room, visibility })).Expect(HttpStatusCode.Created);
        var invitation = await owner.PostAsync($"/api/rooms/{Room}/invitations", new { });
        invitation.Expect(HttpStatusCode.Created);
        (await member.PostAsync($"/api/invitations/{invitation.Text("token")}")).Expect(HttpStatusCode.OK);
    }

    private void ExpectEndOfReading(Told told, string reason, string pollCode)
    {
        if (Transport.IsStream)
        {
            Assert.Equal("left", told.Type);
            Assert.Equal(reason, told.Text("reason"));
        }
        else
        {
            Assert.Equal("refused", told.Type);
            Assert.Equal(pollCode, told.Text("code"));
        }
    }
}
