using Hubbub.Core.Broker;
using Hubbub.Core.Cluster;
using Hubbub.Core.Files;
using Hubbub.Core.Log;
using Hubbub.Core.People;
using Hubbub.Core.Rooms;
using Hubbub.Core.Search;
using Hubbub.Server.Auth;
using Hubbub.Stores.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hubbub.ConformanceTests.Servers;

/// <summary>
/// What several nodes of one cluster have in common: store, signing key and broker. Given to two servers, it lets a test ask one what the other was told; given to one after
/// another, it is a restart.
/// </summary>
internal sealed class SharedStore : IAsyncDisposable
{
    private readonly IAsyncDisposable? _opened;
    private readonly DirectoryInfo? _folder;

    private SharedStore(IRoomLog log, IRoomDirectory directory, IMessages messages, IFiles files, IPeople people, ISearch search, IAsyncDisposable? opened, DirectoryInfo? folder)
    {
        Search = search;
        Log = log;
        Directory = directory;
        Messages = messages;
        Files = files;
        People = people;
        _opened = opened;
        _folder = folder;
    }

    public IRoomLog Log { get; }

    public IRoomDirectory Directory { get; }

    public IMessages Messages { get; }

    public IFiles Files { get; }

    /// <summary>The data folder; null in memory.</summary>
    public string? Folder => _folder?.FullName;

    public IPeople People { get; }

    public ISearch Search { get; }

    public SigningKey Key { get; } = SigningKey.InMemory();

    public InMemoryBroker.Exchange Exchange { get; } = new();

    public INodeRegistry Nodes { get; } = new InMemoryNodeRegistry(Heartbeat.Lease, TimeProvider.System);

    public static SharedStore InMemory(TimeProvider? time = null)
    {
        var store = new InMemoryStore(time ?? TimeProvider.System);
        var people = new InMemoryPeople(time ?? TimeProvider.System);
        return new SharedStore(store, store, store, store, people, new InMemorySearch(store, people), null, null);
    }

    public static async Task<SharedStore> InSqliteAsync(TimeProvider? time = null)
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("hubbub-test-");
        var store = await SqliteStore.OpenAsync(new SqliteOptions { Folder = folder.FullName }, time ?? TimeProvider.System, NullLogger.Instance);
        return new SharedStore(store, store, store, store.Files, store.People, store.OpenSearch(), store, folder);
    }

    public static async Task<SharedStore> OfAsync(StoreKind kind, TimeProvider? time = null) =>
        kind == StoreKind.Sqlite ? await InSqliteAsync(time) : InMemory(time);

    /// <summary>Begins a new life of every log, as after a restored backup.</summary>
    public async Task RenewEpochsAsync()
    {
        if (Log is SqliteStore sqlite)
            await sqlite.RenewEpochsAsync(Server.Epochs.Draw);
        else
            ((InMemoryStore)Log).RenewEpochs(Server.Epochs.Draw);
    }

    public async ValueTask DisposeAsync()
    {
        if (_opened is not null)
            await _opened.DisposeAsync();
        _folder?.Delete(recursive: true);
    }
}

public enum StoreKind
{
    Memory,
    Sqlite,
}
