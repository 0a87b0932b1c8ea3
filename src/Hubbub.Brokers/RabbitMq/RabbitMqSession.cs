using Hubbub.Brokers.Announcements;
using Hubbub.Protocol;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Hubbub.Brokers.RabbitMq;

/// <summary>One connection to a RabbitMQ server, and the node's queue, which ends with it.</summary>
internal sealed class RabbitMqSession : IBrokerSession
{
    private readonly IConnection _connection;
    private readonly IChannel _publishing;
    private readonly IChannel _listening;
    private readonly string _exchange;
    private readonly string _queue;
    private readonly PayloadReceiver _receive;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RabbitMqSession(IConnection connection, IChannel publishing, IChannel listening, string exchange, string queue, PayloadReceiver receive)
    {
        _connection = connection;
        _publishing = publishing;
        _listening = listening;
        _exchange = exchange;
        _queue = queue;
        _receive = receive;
        connection.ConnectionShutdownAsync += CloseAsync;
        publishing.ChannelShutdownAsync += CloseAsync;
        listening.ChannelShutdownAsync += CloseAsync;
    }

    public bool HearsEverything => false;

    public Task Closed => _closed.Task;

    /// <summary>Begins to listen, with the node's own topic bound.</summary>
    public async Task ListenAsync(string node, CancellationToken ct)
    {
        await BindAsync(Envelope.OfNode(node), noWait: false, ct);
        var consumer = new AsyncEventingBasicConsumer(_listening);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            _receive(delivery.Body.Span);
            return Task.CompletedTask;
        };

        // Somebody has deleted the queue.
        consumer.UnregisteredAsync += (_, _) =>
        {
            _closed.TrySetException(new IOException("it deleted this node's queue"));
            return Task.CompletedTask;
        };
        await _listening.BasicConsumeAsync(_queue, autoAck: true, consumer, ct);
    }

    public async Task PublishAsync(IReadOnlyList<Envelope> envelopes, CancellationToken ct)
    {
        foreach (var envelope in envelopes)
            await _publishing.BasicPublishAsync(_exchange, envelope.Topic, mandatory: false, EnvelopeJson.Write(envelope), ct);
    }

    /// <summary>Binds all without waiting, but for the last: channels keep their order.</summary>
    public async Task SubscribeAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct)
    {
        for (var i = 0; i < rooms.Count; i++)
            await BindAsync(Envelope.OfRoom(rooms[i]), noWait: i < rooms.Count - 1, ct);
    }

    public async Task UnsubscribeAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct)
    {
        foreach (var room in rooms)
            await _listening.QueueUnbindAsync(_queue, _exchange, Envelope.OfRoom(room), cancellationToken: ct);
    }

    public async ValueTask DisposeAsync()
    {
        _closed.TrySetCanceled();

        // Its own goodbyes would wait for a silent broker.
        await _connection.AbortAsync();
        await _connection.DisposeAsync();
    }

    private Task BindAsync(string topic, bool noWait, CancellationToken ct) =>
        _listening.QueueBindAsync(_queue, _exchange, topic, arguments: null, noWait, ct);

    private Task CloseAsync(object sender, ShutdownEventArgs reason)
    {
        _closed.TrySetException(new IOException($"the connection broke ({reason.ReplyText})"));
        return Task.CompletedTask;
    }
}
