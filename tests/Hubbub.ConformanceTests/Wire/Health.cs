using Hubbub.ConformanceTests.Servers;
using Hubbub.Server.Transports;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hubbub.ConformanceTests.Wire;

/// <summary>What must hold after whatever was done to a server: others are served, nothing was met that we call a bug, and nobody is kept who has gone.</summary>
internal static class Health
{
    /// <summary>Somebody who does everything right, beside the attack and after it.</summary>
    public static async Task AssertWellAsync(this InProcessServer server)
    {
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url);
        await socket.JoinAsync("well-room");
        await socket.SendAsync("message", new { message = "still served" }, id: "m");
        Assert.Equal("ack", (await socket.AnswerAsync("m")).GetProperty("type").GetString());
        Assert.Equal("still served", (await socket.ExpectAsync("message")).GetProperty("payload").GetProperty("message").GetString());
        Assert.True(server.Log.Errors.Count == 0, string.Join(Environment.NewLine, server.Log.Errors));
    }

    /// <summary>Waits until the server has so many live connections.</summary>
    public static Task ConnectionsAsync(this InProcessServer server, int count) => Eventually.UntilAsync(
        $"the server has {count} connections", () => server.Services.GetRequiredService<Connections>().Count == count);
}
