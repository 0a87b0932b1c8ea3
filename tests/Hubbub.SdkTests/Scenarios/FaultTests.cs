using Hubbub.SdkTests.Scripted;
using Hubbub.SdkTests.Sdks;
using Hubbub.TestKit.Servers;

namespace Hubbub.SdkTests.Scenarios;

/// <summary>A server that does what it should, behind a network that does not.</summary>
public sealed class FaultTests : Scenario
{
    private readonly CancellationTokenSource _over = new();
    private FaultyProxy _proxy = null!;
    private Task _serving = Task.CompletedTask;

    public override async Task DisposeAsync()
    {
        await _over.CancelAsync();
        await base.DisposeAsync();
        await _serving;
        await _proxy.DisposeAsync();
        _over.Dispose();
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task A_connection_that_has_fallen_silent_is_given_up(string name, string transport)
    {
        var sdk = Behind(name, transport);
        sdk.Connect();
        await sdk.SaysAsync("state online");
        AppendAll("one");
        await sdk.SaysAsync("event 1 one");
        _proxy.FallSilent();
        AppendAll("two");
        await sdk.HurryUntilAsync("comes back", _ => sdk.Trace.Contains("event 2 two"), TimeSpan.FromMilliseconds(500));
        Expect(sdk, "state connecting", "state online", "event 1 one", "state reconnecting", "state online", "event 2 two");
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task Where_nothing_is_ever_answered_it_knocks_again(string name, string transport)
    {
        var sdk = Behind(name, transport);
        _proxy.IsBlackHole = true;
        sdk.Connect();
        await sdk.HurryUntilAsync("tries again", _ => _proxy.Accepted > 1, TimeSpan.FromMilliseconds(500));
        _proxy.IsBlackHole = false;
        AppendAll("one");
        await sdk.HurryUntilAsync("gets through", _ => sdk.Trace.Contains("event 1 one"), TimeSpan.FromMilliseconds(250));
        Expect(sdk, "state connecting", "state online", "event 1 one");
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task On_a_slow_and_uneven_way_nothing_overtakes(string name, string transport)
    {
        var sdk = Behind(name, transport, seed: 11);
        _proxy.Delay = TimeSpan.FromMilliseconds(30);
        sdk.Connect();
        await sdk.SaysAsync("state online");
        for (var i = 1; i <= 10; i++)
            sdk.Post("room1", $"k-{i}", $"text {i}");
        await sdk.SaysAsync("event 10 text 10");
        await sdk.SaysAsync("posted k-10 10");
        Assert.Equal(["state connecting", "state online"], sdk.Said("state"));
        Assert.Equal(Enumerable.Range(1, 10).Select(i => $"event {i} text {i}"), sdk.Said("event"));
        Assert.Equal(Enumerable.Range(1, 10).Select(i => $"posted k-{i} {i}"), sdk.Said("posted", "failed"));
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task Cut_again_and_again_it_misses_and_repeats_nothing(string name, string transport)
    {
        var random = new Random(23);
        var sdk = Behind(name, transport);
        sdk.Connect();
        await sdk.SaysAsync("state online");
        var posts = 0;
        for (var round = 0; round < 8; round++)
        {
            for (var i = random.Next(4); i >= 0; i--)
            {
                posts++;
                sdk.Post("room1", $"k-{posts}", $"text {posts}");
            }

            switch (random.Next(4))
            {
                case 0:
                    _proxy.Cut();
                    break;
                case 1:
                    _proxy.GoOffline();
                    sdk.Pass(TimeSpan.FromSeconds(1));
                    _proxy.ComeBack();
                    break;
                case 2:
                    _proxy.FallSilent();
                    break;
            }

            await sdk.HurryUntilAsync($"has heard of {posts}", _ => sdk.Trace.Contains($"event {posts} text {posts}"), TimeSpan.FromMilliseconds(500));
        }

        await sdk.HurryUntilAsync("has been told of all", _ => sdk.Said("posted").Count == posts, TimeSpan.FromMilliseconds(500));
        Assert.Equal(Enumerable.Range(1, posts).Select(i => $"event {i} text {i}"), sdk.Said("event"));
        Assert.Equal(Enumerable.Range(1, posts).Select(i => $"posted k-{i} {i}"), sdk.Said("posted", "failed"));
        Assert.Empty(sdk.Said("gap", "left", "error", "refused"));
    }

    private Sdk Behind(string name, string transport, int seed = 1)
    {
        _proxy = new FaultyProxy(Server.Url) { Jitter = new Random(seed) };
        _serving = Server.ServeAsync("room1", _over.Token);
        var sdk = Start(name, new SdkSetup { Transports = [transport] }, _proxy.Url);
        sdk.Join("room1", At(0));
        return sdk;
    }
}
