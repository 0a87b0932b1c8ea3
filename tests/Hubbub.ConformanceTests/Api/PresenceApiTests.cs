using System.Net;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Api;

/// <summary><c>GET /api/rooms/{room}/presence</c>: whoever reads a room, by whichever transport, is in it. Who may ask is in <see cref="AccessMatrixTests"/>.</summary>
public class PresenceApiTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task Whoever_reads_by_a_socket_a_stream_or_a_waiting_poll_is_there()
    {
        var room = await fixture.RoomAsync("public");
        using var socket = await fixture.Server.GuestAsync("Socket");
        using var stream = await fixture.Server.GuestAsync("Stream");
        using var poll = await fixture.Server.GuestAsync("Poll");
        await using var connected = await PlainWebSocket.ConnectAsync(fixture.Server.Url, socket.Token);
        await connected.JoinAsync(room);
        await using var streaming = await stream.StreamAsync($"/api/rooms/{room}/events", "text/event-stream");
        using var over = new CancellationTokenSource();
        var polling = poll.EventsAsync(room, "wait=60", over.Token);

        await Eventually.UntilAsync("all three are there", async () =>
        {
            var presence = await fixture.Owner.GetAsync($"/api/rooms/{room}/presence");
            var names = presence.Json.GetProperty("users").EnumerateArray().Select(u => u.GetProperty("name").GetString()).Order(StringComparer.Ordinal);
            return presence.Number("count") == 3 && !presence.Json.GetProperty("sampled").GetBoolean() && names.SequenceEqual(["Poll", "Socket", "Stream"]);
        });
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => polling);
    }

    [Fact]
    public async Task Asking_who_is_there_makes_no_room()
    {
        var answer = await fixture.Owner.GetAsync("/api/rooms/nobody-has-made-this/presence");
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), (answer.Status, answer.Code));
        Assert.Equal(HttpStatusCode.NotFound, (await fixture.Owner.GetAsync("/api/rooms/nobody-has-made-this")).Status);
    }
}
