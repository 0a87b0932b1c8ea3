using Hubbub.ConformanceTests.Servers;
using Hubbub.Server;
using Hubbub.Server.Transports.Loops;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hubbub.ConformanceTests.Wire;

/// <summary>A run that was told to speak otherwise (<see cref="Variant"/>) does so: without this, one that speaks as always would pass everything.</summary>
public class VariantTests
{
    [Fact]
    public async Task The_run_speaks_as_it_was_told_to()
    {
        await using var server = await InProcessServer.StartAsync();
        await AssertSpokenAsync(server.Url);
        await using var socket = await RawSocket.UpgradeAsync(server.Url);

        var isOnLoops = server.Services.GetRequiredService<HubbubOptions>().Carrier != Carrier.Stream && OperatingSystem.IsLinux() && !Variant.Tls;
        Assert.Equal(isOnLoops ? 1 : 0, server.Services.GetRequiredService<LoopCarrier>().Connections);
    }

    [Fact]
    public async Task The_executable_speaks_as_the_run_was_told_to()
    {
        await using var server = await ServerProcess.StartAsync(["--store", "memory"]);
        await AssertSpokenAsync(server.Url);
    }

    [Fact]
    public async Task The_executable_speaks_tls_with_the_certificate_it_is_given()
    {
        await using var server = await ServerProcess.StartAsync(["--store", "memory"], tls: true);
        Assert.Equal("https", server.Url.Scheme);
        using var ada = await HttpApi.GuestAsync(server.Url, "Ada");
        await using var socket = await PlainWebSocket.ConnectAsync(server.Url, ada.Token);
        await socket.JoinAsync("room1");
        await ada.SayAsync("room1", "over tls");
        Assert.Equal("over tls", (await socket.ExpectAsync("message")).GetProperty("payload").GetProperty("message").GetString());
    }

    private static async Task AssertSpokenAsync(Uri server)
    {
        Assert.Equal(Variant.Scheme, server.Scheme);
        await using var socket = await RawSocket.ConnectAsync(server);
        await socket.SendAsync(RawSocket.Handshake(server, headers: ["Sec-WebSocket-Extensions: permessage-deflate"]));
        var head = await socket.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 101", head, StringComparison.Ordinal);
        Assert.Equal(Variant.Deflate, head.Contains("Sec-WebSocket-Extensions: permessage-deflate", StringComparison.OrdinalIgnoreCase));
    }
}
