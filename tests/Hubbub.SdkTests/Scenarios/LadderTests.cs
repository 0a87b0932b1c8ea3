using Hubbub.SdkTests.Sdks;

namespace Hubbub.SdkTests.Scenarios;

/// <summary>What works carries the conversation: a WebSocket, else an event stream, else long polls; and up again.</summary>
public sealed class LadderTests : Scenario
{
    private static readonly string[] All = ["websocket", "sse", "longpoll"];

    private readonly CancellationTokenSource _over = new();
    private Task _serving = Task.CompletedTask;

    public static TheoryData<string> Each => [.. Sdk.Names];

    public override async Task DisposeAsync()
    {
        await _over.CancelAsync();
        await base.DisposeAsync();
        await _serving;
        _over.Dispose();
    }

    [Theory]
    [MemberData(nameof(Each))]
    public async Task Without_sockets_an_event_stream_carries_it(string name)
    {
        Server.IsWithoutSockets = true;
        var sdk = Follow(name);
        await sdk.SaysAsync("state online");
        await sdk.CarriedByAsync("sse");
        AppendAll("one");
        await sdk.SaysAsync("event 1 one");
        Expect(sdk, "state connecting", "state online", "event 1 one");
    }

    [Theory]
    [MemberData(nameof(Each))]
    public async Task Where_streams_are_held_back_too_long_polls_carry_it(string name)
    {
        Server.IsWithoutSockets = true;
        Server.HoldsStreams = true;
        var sdk = Follow(name);
        await sdk.HurryUntilAsync("finds a way", _ => sdk.Trace.Contains("state online"), TimeSpan.FromMilliseconds(250));
        await sdk.CarriedByAsync("longpoll");
        AppendAll("one");
        await sdk.SaysAsync("event 1 one");
        Expect(sdk, "state connecting", "state online", "event 1 one");
    }

    [Theory]
    [MemberData(nameof(Each))]
    public async Task What_has_worked_before_is_climbed_to_again_and_nobody_sees_it(string name)
    {
        var sdk = Follow(name);
        await sdk.SaysAsync("state online");
        await sdk.CarriedByAsync("websocket");
        AppendAll("one");
        await sdk.SaysAsync("event 1 one");

        // The socket falls, and no other can be had for a while.
        Server.IsWithoutSockets = true;
        await Server.CutAllAsync();
        await sdk.HurryUntilAsync("goes on lower", _ => sdk.Said("state").Count == 4, TimeSpan.FromMilliseconds(250));
        await sdk.CarriedByAsync("sse");
        AppendAll("two");
        await sdk.SaysAsync("event 2 two");
        Server.IsWithoutSockets = false;
        await sdk.HurryUntilAsync(
            "climbs", _ =>
            {
                // Something is heard now and then, or the silence of the stream would be looked into.
                Server.Room().AppendForeign();
                sdk.SayTransport();
                return sdk.Said("transport")[^1] == "transport websocket";
            }, TimeSpan.FromMilliseconds(500));
        AppendAll("three");
        await sdk.SaysAsync($"event {Server.Room().Head} three");
        Expect(sdk, "state connecting", "state online", "event 1 one", "state reconnecting", "state online", "event 2 two", $"event {Server.Room().Head} three");
    }

    private Sdk Follow(string name)
    {
        _serving = Server.ServeAsync("room1", _over.Token);
        var sdk = Start(name, All);
        sdk.Join("room1", At(0));
        sdk.Connect();
        return sdk;
    }
}
