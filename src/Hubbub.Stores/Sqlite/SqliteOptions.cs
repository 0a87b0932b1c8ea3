namespace Hubbub.Stores.Sqlite;

/// <summary>Where the SQLite store keeps its files, and its limits.</summary>
public sealed record SqliteOptions
{
    /// <summary>The data folder; made if it is absent. It holds <c>hubbub.db</c>, SQLite's two files beside it, and <c>hubbub.lock</c>.</summary>
    public required string Folder { get; init; }

    /// <summary>How long to wait for another program's lock on the database, at start and at run time.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The size at which the writer stops to empty the write-ahead log itself. In ordinary work the checkpoints keep the log below a quarter
    /// of it; only a foreign reader that holds a transaction open (a slow backup) lets it grow this far.
    /// </summary>
    public long WalLimitBytes { get; init; } = 256L << 20;

    /// <summary>The size that the database file may reach; at the limit appends fail as on a full disk. Null: as the disk allows.</summary>
    public long? MaxDatabaseBytes { get; init; }

    /// <summary>Connections for reading, and so the most threads that read at once.</summary>
    public int ReadConnections { get; init; } = 2;

    /// <summary>Writes (the appender's batches, the directory's) that may wait; one more fails with a <see cref="Core.Log.StoreException"/>.</summary>
    public int MaxWaitingWrites { get; init; } = 1024;

    /// <summary>Reads that may wait for a connection; one more fails with a <see cref="Core.Log.StoreException"/>.</summary>
    public int MaxWaitingReads { get; init; } = 4096;

    /// <summary>How long the integrity check at start may take; what it has not looked at by then is left unchecked.</summary>
    public TimeSpan CheckBudget { get; init; } = TimeSpan.FromSeconds(1);
}
