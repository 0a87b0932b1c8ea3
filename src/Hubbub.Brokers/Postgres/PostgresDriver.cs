using Npgsql;

namespace Hubbub.Brokers.Postgres;

/// <summary>A PostgreSQL server.</summary>
internal sealed class PostgresDriver(BrokerUrl url, string connectionString) : IBrokerDriver
{
    public string Name => $"{url}/{url.Path}";

    public async Task<IBrokerSession> ConnectAsync(string node, PayloadReceiver receive, CancellationToken ct)
    {
        // One waits in LISTEN all its life, so another is needed to notify.
        var listening = new NpgsqlConnection(connectionString);
        var notifying = new NpgsqlConnection(connectionString);
        var session = new PostgresSession(listening, notifying, url.Cluster, receive);
        try
        {
            await listening.OpenAsync(ct);
            await notifying.OpenAsync(ct);
            await session.ListenAsync(ct);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    public string Explain(Exception e) => url.WithoutSecrets(e switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } => "it refuses user and password",
        PostgresException refused => refused.MessageText,
        NpgsqlException { InnerException: { } inner } => Explain(inner),
        _ => e.Message,
    });
}
