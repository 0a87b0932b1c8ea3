using Hubbub.Core.Cluster;
using Hubbub.Core.Files;
using Hubbub.Core.Log;
using Hubbub.Core.People;
using Hubbub.Core.Rooms;
using Hubbub.Core.Search;
using Hubbub.Server.Auth;
using Hubbub.Stores.Postgres;
using Hubbub.Stores.Sqlite;

namespace Hubbub.Server.Operations;

/// <summary>The store that this node was told to use, opened; the one place that picks it.</summary>
internal sealed class OpenStore : IAsyncDisposable
{
    public const string Sqlite = "sqlite";
    public const string Memory = "memory";

    private readonly IAsyncDisposable? _opened;
    private readonly PostgresStore? _postgres;
    private readonly TimeProvider _time;

    public OpenStore(HubbubOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        _time = time;
        switch (options.Store)
        {
            case Sqlite:
                // Once, before anything is served: nobody waits behind this thread.
                var sqlite = SqliteStore.OpenAsync(new SqliteOptions { Folder = options.Data }, time, loggers.CreateLogger<SqliteStore>())
                    .GetAwaiter().GetResult();
                (Log, Directory, Messages, Files, People, _opened) = (sqlite, sqlite, sqlite, sqlite.Files, sqlite.People, sqlite);
                Search = sqlite.OpenSearch();
                break;
            case Memory:
                var memory = new InMemoryStore(time);
                (Log, Directory, Messages, Files, People) = (memory, memory, memory, memory, new InMemoryPeople(time));
                Search = new InMemorySearch(memory, People);
                break;
            case var url when PostgresUrl.IsOne(url):
                var postgres = PostgresStore.OpenAsync(
                    new PostgresOptions { ConnectionString = PostgresUrl.Read(url) }, time, loggers.CreateLogger<PostgresStore>())
                    .GetAwaiter().GetResult();
                (Log, Directory, Messages, Files, People, _opened) = (postgres, postgres, postgres, postgres.Files, postgres.People, postgres);
                Search = postgres.Search;
                _postgres = postgres;
                break;
            default:
                throw new StoreException($"There is no store '{Shown(options.Store)}'; choose {Sqlite}, {Memory} or postgres://user:password@host:port/database.");
        }
    }

    public IRoomLog Log { get; }

    public IRoomDirectory Directory { get; }

    public IPeople People { get; }

    public IMessages Messages { get; }

    public ISearch Search { get; }

    public IFiles Files { get; }

    /// <summary>The nodes that share the store; of one that nobody shares, this one alone.</summary>
    public INodeRegistry Nodes() => _postgres is null ? new InMemoryNodeRegistry(Heartbeat.Lease, _time) : _postgres.Nodes(Heartbeat.Lease);

    /// <summary>The cluster's signing key, if the store is one that nodes share and so keeps it for them; it is made at the first start.</summary>
    public SigningKey? SharedKey() => _postgres is null
        ? null
        : SigningKey.Of(_postgres.SharedSecretAsync("signing key", SigningKey.Draw()).GetAwaiter().GetResult());

    public ValueTask DisposeAsync() => _opened?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>The beginning of what was written, as a mistyped address may hold a password further on.</summary>
    private static string Shown(string store) => store.Split(':', '/', '@')[0];
}
