namespace Hubbub.Stores.Postgres;

/// <summary>How the PostgreSQL store reaches its database, and its limits.</summary>
public sealed record PostgresOptions
{
    /// <summary>Npgsql's connection string; <see cref="PostgresUrl.Read"/> makes one of a URL. Its limits on time and on connections are replaced by those below.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>How long any call may take in all, the wait for a connection included; then it fails with a <see cref="Core.Log.StoreException"/>.</summary>
    /// <remarks>A post may wait for the batch before its own and then for its own: nobody waits longer than twice this.</remarks>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(2.5);

    /// <summary>How long to wait at start for a server that cannot be reached or is not ready itself.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Connections to the server at most, opened as needed. The appends of a node need one; the others read.</summary>
    public int Connections { get; init; } = 20;

    /// <summary>Calls that may wait for a connection or their answer; one more fails with a <see cref="Core.Log.StoreException"/>.</summary>
    public int MaxWaitingCalls { get; init; } = 4096;
}
