using System.Text;
using Hubbub.Brokers.Announcements;
using Hubbub.Protocol;
using Npgsql;

namespace Hubbub.Brokers.Postgres;

/// <summary>
/// Two connections to a PostgreSQL server: one listens, one notifies. All nodes of a cluster share one channel, since a backend compares each notification with every channel it
/// listens to, one by one; what a node does not want it drops. Never the store's own transaction: notifying commits take turns, in the whole server.
/// </summary>
internal sealed class PostgresSession(NpgsqlConnection listening, NpgsqlConnection notifying, string channel, PayloadReceiver receive) : IBrokerSession
{
    private readonly CancellationTokenSource _ending = new();

    public bool HearsEverything => true;

    public Task Closed { get; private set; } = Task.CompletedTask;

    public async Task ListenAsync(CancellationToken ct)
    {
        listening.Notification += Hear;
        await using (var listen = new NpgsqlCommand($"LISTEN \"{channel}\"", listening))
            await listen.ExecuteNonQueryAsync(ct);
        Closed = WaitAsync();
    }

    /// <summary>As many notifications as the lines need, in one statement.</summary>
    public async Task PublishAsync(IReadOnlyList<Envelope> envelopes, CancellationToken ct)
    {
        var payloads = NotificationLines.Pack(envelopes);
        await using var notify = new NpgsqlCommand("SELECT pg_notify($1, payload) FROM unnest($2) AS payload", notifying)
        {
            Parameters = { new() { Value = channel }, new() { Value = payloads } },
        };
        await notify.ExecuteNonQueryAsync(ct);
    }

    public Task SubscribeAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct) => Task.CompletedTask;

    public Task UnsubscribeAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await Closed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await listening.DisposeAsync();
        await notifying.DisposeAsync();
        _ending.Dispose();
    }

    private async Task WaitAsync()
    {
        while (true)
            await listening.WaitAsync(_ending.Token);
    }

    private void Hear(object sender, NpgsqlNotificationEventArgs notification)
    {
        var bytes = Encoding.UTF8.GetBytes(notification.Payload);
        foreach (var line in bytes.AsSpan().Split((byte)'\n'))
            receive(bytes.AsSpan(line));
    }
}
