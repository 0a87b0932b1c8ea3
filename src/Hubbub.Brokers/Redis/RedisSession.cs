using Hubbub.Brokers.Announcements;
using Hubbub.Protocol;
using StackExchange.Redis;

namespace Hubbub.Brokers.Redis;

/// <summary>One connection to one Redis server (to the library two: one for commands, one that listens).</summary>
internal sealed class RedisSession : IBrokerSession
{
    private readonly ConnectionMultiplexer _connection;
    private readonly ISubscriber _subscriber;
    private readonly string _cluster;
    private readonly PayloadReceiver _receive;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RedisSession(ConnectionMultiplexer connection, string cluster, PayloadReceiver receive)
    {
        _connection = connection;
        _subscriber = connection.GetSubscriber();
        _cluster = cluster;
        _receive = receive;
        connection.ConnectionFailed += (_, failure) => _closed.TrySetException(new IOException($"the connection broke ({failure.FailureType})", failure.Exception));
    }

    public bool HearsEverything => false;

    public Task Closed => _closed.Task;

    public Task SubscribeToNodeAsync(string node) => _subscriber.SubscribeAsync(Channel(Envelope.OfNode(node)), Hear);

    /// <summary>All go out one behind the other; the answer to the last says that the server has them all.</summary>
    public Task PublishAsync(IReadOnlyList<Envelope> envelopes, CancellationToken ct)
    {
        for (var i = 0; i < envelopes.Count - 1; i++)
            _ = PublishAsync(envelopes[i], CommandFlags.FireAndForget);
        return PublishAsync(envelopes[^1], CommandFlags.None);
    }

    public Task SubscribeAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct) =>
        Task.WhenAll(rooms.Select(room => _subscriber.SubscribeAsync(Channel(Envelope.OfRoom(room)), Hear)));

    public Task UnsubscribeAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct) =>
        Task.WhenAll(rooms.Select(room => _subscriber.UnsubscribeAsync(Channel(Envelope.OfRoom(room)))));

    public async ValueTask DisposeAsync()
    {
        // Nobody may be left to wait for it.
        _closed.TrySetCanceled();
        await _connection.CloseAsync(allowCommandsToComplete: false);
        _connection.Dispose();
    }

    private Task<long> PublishAsync(Envelope envelope, CommandFlags flags) => _subscriber.PublishAsync(Channel(envelope.Topic), EnvelopeJson.Write(envelope), flags);

    private void Hear(RedisChannel channel, RedisValue payload) => _receive((byte[]?)payload ?? []);

    private RedisChannel Channel(string topic) => new($"{_cluster}:{topic}", RedisChannel.PatternMode.Literal);
}
