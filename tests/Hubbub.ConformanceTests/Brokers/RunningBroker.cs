using System.Collections.Concurrent;
using Hubbub.Brokers;
using Hubbub.Core.Broker;
using Hubbub.Protocol;
using Hubbub.TestKit;

namespace Hubbub.ConformanceTests.Brokers;

/// <summary>A node's end of a real broker, running: what it heard, whose subscriptions were made, and what its operator was told.</summary>
internal sealed class RunningBroker : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Servers.RecordedLog _log = new();
    private readonly Task _running;

    public RunningBroker(BrokerService service, string url, BrokerOptions options, params RoomId[] rooms)
    {
        Broker = service.Open(url, options, _log.CreateLogger("broker"));
        Broker.Listen(Heard.Enqueue);
        Broker.Subscribed += Subscribed.Enqueue;
        foreach (var room in rooms)
            Broker.Subscribe(room);
        _running = Broker.RunAsync(_stopping.Token);
    }

    public IBroker Broker { get; }

    public ConcurrentQueue<Announcement> Heard { get; } = new();

    public ConcurrentQueue<IReadOnlyList<RoomId>> Subscribed { get; } = new();

    public IReadOnlyList<string> Story => _log.All;

    public Task IsAsync(BrokerState state) => BecomesAsync($"the broker is {state}", status => status.State == state);

    /// <summary>Waits for a status; in vain, it says how things stand instead.</summary>
    public async Task BecomesAsync(string reason, Func<BrokerStatus, bool> condition)
    {
        try
        {
            await Eventually.UntilAsync(reason, () => condition(Broker.Status), TimeSpan.FromSeconds(40));
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message} It stands so: {Broker.Status}. The operator was told:\n{string.Join('\n', Story)}", e);
        }
    }

    /// <summary>Announces until the other hears it: typing, which all kinds of broker carry as it is.</summary>
    public Task ReachesAsync(RunningBroker other, RoomId room, string who)
    {
        var typing = new TypingAnnounced(room, new User(UserId.Parse(who), who));
        return Eventually.UntilAsync($"{who} is heard typing in {room}", () =>
        {
            Broker.Announce(typing);
            return other.Heard.Contains(typing);
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Eventually.WithinAsync("the broker stops", _running);
    }
}
