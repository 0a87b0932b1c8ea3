using Hubbub.SdkTests.Scripted;
using Hubbub.SdkTests.Sdks;

namespace Hubbub.SdkTests.Scenarios;

/// <summary>
/// What each SDK must make of a server that does its worst: the same scenario, over every transport for which it makes sense, with the same trace. A trace may differ between transports, where the protocol does;
/// it never differs between SDKs.
/// </summary>
public abstract class Scenario : IAsyncLifetime
{
    private readonly List<Sdk> _sdks = [];

    /// <summary>Each SDK over each live transport.</summary>
    public static TheoryData<string, string> Everywhere => Over("websocket", "sse", "longpoll");

    /// <summary>Where the server can speak unasked.</summary>
    public static TheoryData<string, string> Streams => Over("websocket", "sse");

    public static TheoryData<string, string> Sockets => Over("websocket");

    public static TheoryData<string, string> Polls => Over("longpoll");

    private protected ScriptedServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await ScriptedServer.StartAsync();

    public virtual async Task DisposeAsync()
    {
        foreach (var sdk in _sdks)
            await sdk.DisposeAsync();
        await Server.DisposeAsync();
    }

    private protected static string At(long sequence) => ScriptedServer.At(sequence);

    private protected Sdk Start(string name, params IReadOnlyList<string> transports) => Start(name, new SdkSetup { Transports = transports });

    private protected Sdk Start(string name, SdkSetup setup, Uri? url = null)
    {
        var sdk = Sdk.Start(name, url ?? Server.Url, setup);
        _sdks.Add(sdk);
        return sdk;
    }

    /// <summary>A client that follows room1 from before its first event.</summary>
    private protected Task<(Sdk Sdk, ScriptedConnection Connection)> FollowAsync(string name, string transport, params IReadOnlyList<string> tokens) =>
        FollowAsync(name, new SdkSetup { Transports = [transport], Tokens = tokens.Count > 0 ? tokens : ["token"] });

    private protected async Task<(Sdk Sdk, ScriptedConnection Connection)> FollowAsync(string name, SdkSetup setup, Uri? url = null)
    {
        var sdk = Start(name, setup, url);
        sdk.Join("room1", At(0));
        sdk.Connect();
        var connection = await Server.NextAsync();
        await connection.WelcomeAsync();
        await connection.JoinedAsync(At(0), 0);
        await sdk.SaysAsync("state online");
        return (sdk, connection);
    }

    /// <summary>A client that was asked to wait a minute: it must not come for most of it, and must come then.</summary>
    private protected async Task<ScriptedConnection> NextAfterAMinuteAsync(Sdk sdk)
    {
        var step = TimeSpan.FromSeconds(2);
        await sdk.HurryUntilAsync("has waited", passed => passed >= TimeSpan.FromSeconds(50), step);
        Assert.False(Server.IsNextThere, "It came too early.");
        await sdk.HurryUntilAsync("comes back", _ => Server.IsNextThere, step);
        return await Server.NextAsync();
    }

    private protected void AppendAll(params string[] texts)
    {
        foreach (var text in texts)
            Server.Room().Append(text);
    }

    private protected static void Expect(Sdk sdk, params IEnumerable<string> trace) => Assert.Equal(trace, sdk.Trace.Where(l => !l.StartsWith("transport ", StringComparison.Ordinal)));

    private static TheoryData<string, string> Over(params string[] transports)
    {
        var all = new TheoryData<string, string>();
        foreach (var sdk in Sdk.Names)
        {
            foreach (var transport in transports)
                all.Add(sdk, transport);
        }

        return all;
    }
}
