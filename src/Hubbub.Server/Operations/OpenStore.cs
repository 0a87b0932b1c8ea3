using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Stores.Sqlite;

namespace Hubbub.Server.Operations;

/// <summary>The store that this node was told to use, opened; the one place that picks it.</summary>
internal sealed class OpenStore : IAsyncDisposable
{
    public const string Sqlite = "sqlite";
    public const string Memory = "memory";

    private readonly IAsyncDisposable? _opened;

    public OpenStore(HubbubOptions options, TimeProvider time, ILogger<SqliteStore> logger)
    {
        switch (options.Store)
        {
            case Sqlite:
                // Once, before anything is served: nobody waits behind this thread.
                var sqlite = SqliteStore.OpenAsync(new SqliteOptions { Folder = options.Data }, time, logger).GetAwaiter().GetResult();
                (Log, Directory, _opened) = (sqlite, sqlite, sqlite);
                break;
            case Memory:
                var memory = new InMemoryStore(time);
                (Log, Directory) = (memory, memory);
                break;
            default:
                throw new StoreException($"There is no store '{options.Store}'; choose {Sqlite} or {Memory}.");
        }
    }

    public IRoomLog Log { get; }

    public IRoomDirectory Directory { get; }

    public ValueTask DisposeAsync() => _opened?.DisposeAsync() ?? ValueTask.CompletedTask;
}
