using System.CommandLine;
using Hubbub.Core.Cluster;
using Hubbub.Core.Log;
using Hubbub.Stores.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hubbub.Server.Commands;

/// <summary>The registry of nodes for an operator's command, which has the right to it by knowing the store's address.</summary>
internal static class ClusterOfStore
{
    public static Option<string> Store() => new("--store")
    {
        Description = "The address of the PostgreSQL database that the nodes share (default: Hubbub__Store of the environment).",
        HelpName = "postgres://…",
    };

    /// <summary>Does something with the registry; what the store refuses is told as a sentence.</summary>
    /// <returns>The command's exit code.</returns>
    public static async Task<int> UseAsync(string? store, Func<INodeRegistry, Task<int>> use, CancellationToken ct)
    {
        try
        {
            if ((store ?? Environment.GetEnvironmentVariable("Hubbub__Store")) is not { } url || !PostgresUrl.IsOne(url))
                throw new StoreException("Name the database that the nodes share: --store postgres://user:password@host:port/database. A node with a store of its own is no cluster.");
            var options = new PostgresOptions { ConnectionString = PostgresUrl.Read(url) };
            await using var opened = await PostgresStore.OpenAsync(options, TimeProvider.System, NullLogger<PostgresStore>.Instance, ct);
            return await use(opened.Nodes(Heartbeat.Lease));
        }
        catch (StoreException e)
        {
            await Console.Error.WriteLineAsync($"hubbub: {e.Message}");
            return 1;
        }
    }
}
