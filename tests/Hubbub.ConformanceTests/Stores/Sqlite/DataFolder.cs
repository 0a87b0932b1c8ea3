using Hubbub.Stores.Sqlite;
using Hubbub.Stores.Sqlite.Driver;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hubbub.ConformanceTests.Stores.Sqlite;

/// <summary>A data folder of its own for a test, gone with it.</summary>
internal sealed class DataFolder : IDisposable
{
    private static readonly TimeSpan ShortWait = TimeSpan.FromMilliseconds(200);

    public string Path { get; } = System.IO.Directory.CreateTempSubdirectory("hubbub-store-").FullName;

    public string DatabaseFile => System.IO.Path.Combine(Path, "hubbub.db");

    public string WalFile => DatabaseFile + "-wal";

    /// <summary>Short waits, so that a test of a lock does not take five seconds.</summary>
    public SqliteOptions Options => new() { Folder = Path, BusyTimeout = ShortWait };

    public Task<SqliteStore> OpenAsync(SqliteOptions? options = null, ILogger? logger = null) =>
        SqliteStore.OpenAsync(options ?? Options, TimeProvider.System, logger ?? NullLogger.Instance);

    /// <summary>Another program's connection to the database, beside the store's.</summary>
    public Database Connect() => Database.Open(DatabaseFile, readOnly: false, ShortWait);

    public void Dispose() => System.IO.Directory.Delete(Path, recursive: true);
}
