using Hubbub.ConformanceTests.Api;
using Hubbub.ConformanceTests.Servers;
using Hubbub.ConformanceTests.Transports.Readers;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Transports;

/// <summary>That one has read elsewhere is told to one's own live connections, on every transport that tells by itself; to others never.</summary>
public sealed class ReadSignalTests
{
    private const string Room = "room1";

    public static TheoryData<string> Streams => [.. Transport.All.Where(t => t.IsStream).Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Own_connections_are_told_and_nobody_elses(string name)
    {
        var transport = Transport.All.Single(t => t.Name == name);
        await using var server = await InProcessServer.StartAsync();
        using var ann = await server.GuestAsync("Ann");
        using var bob = await server.GuestAsync("Bob");
        var first = (await ann.SayAsync(Room, "first")).Text("id");
        await using var anns = await transport.Open(ann, Room, Start.Head);
        await using var bobs = await transport.Open(bob, Room, Start.Head);

        await ann.PutAsync($"/api/rooms/{Room}/read", new { position = first }).Succeeds();
        var told = await anns.NextAsync();

        Assert.Equal(("read", Room, first), (told.Type, told.Text("roomId"), told.Text("position")));
        Assert.Equal(ann.UserId, told.Fields.GetProperty("user").GetProperty("id").GetString());

        // The fence: of what Bob is told next, nothing was in between.
        await ann.SayAsync(Room, "second");
        Assert.Equal("second", (await bobs.NextAsync()).Text("message"));
        Assert.Equal("second", (await anns.NextAsync()).Text("message"));
    }

    [Fact]
    public async Task In_a_relaxed_room_ones_own_marks_are_told_too()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ann = await server.GuestAsync("Ann");
        await ann.PostAsync("/api/rooms", new { id = Room, consistency = "relaxed" }).Succeeds(System.Net.HttpStatusCode.Created);
        var first = (await ann.SayAsync(Room, "first")).Text("id");
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url, ann.Token);
        await socket.JoinAsync(Room);

        await ann.PutAsync($"/api/rooms/{Room}/read", new { position = first }).Succeeds();

        Assert.Equal(first, (await socket.ExpectAsync("read")).GetProperty("payload").GetProperty("position").GetString());
    }

    [Fact]
    public async Task A_stream_of_many_rooms_is_told_of_the_room_that_was_read()
    {
        await using var server = await InProcessServer.StartAsync();
        using var ann = await server.GuestAsync("Ann");
        var first = (await ann.SayAsync("room2", "first")).Text("id");
        await ann.SayAsync(Room, "first");
        await using var stream = await ann.StreamAsync($"/api/events?rooms={Room},room2", "text/event-stream");
        var place = "";
        while (place == "")
        {
            var frame = (await stream.NextAsync())!.Value;
            if (frame.GetProperty("type").ValueEquals("joined") && frame.GetProperty("payload").GetProperty("roomId").ValueEquals("room2"))
                place = stream.LastEventId!;
        }

        await ann.PutAsync("/api/rooms/room2/read", new { position = first }).Succeeds();

        Told told;
        do
            told = Told.OfFrame((await stream.NextAsync())!.Value);
        while (told.Type == "presence");
        Assert.Equal(("read", "room2", first), (told.Type, told.Text("roomId"), told.Text("position")));
        Assert.Equal(place, stream.LastEventId);
    }
}
