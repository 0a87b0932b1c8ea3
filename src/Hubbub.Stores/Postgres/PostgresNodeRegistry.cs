using Hubbub.Core.Cluster;
using Hubbub.Stores.Postgres.Driver;

namespace Hubbub.Stores.Postgres;

/// <summary>The registry of the nodes that share a database, with leases by the database's clock. Made by <see cref="PostgresStore.Nodes"/>, and works as long as the store. Thread-safe.</summary>
public sealed class PostgresNodeRegistry : INodeRegistry
{
    // Rows of the dead are deleted by the way, and none that another node is just deleting or renewing.
    private const string RenewStatement = """
        WITH dead AS (
            SELECT id FROM hubbub.nodes WHERE lease_until <= clock_timestamp() AND id <> $1 ORDER BY id FOR UPDATE SKIP LOCKED
        ), buried AS (
            DELETE FROM hubbub.nodes node USING dead WHERE node.id = dead.id
        )
        INSERT INTO hubbub.nodes (id, address, connections, capacity, state, lease_until)
        VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6)
        ON CONFLICT (id) DO UPDATE SET address = excluded.address, connections = excluded.connections, capacity = excluded.capacity,
            state = excluded.state, lease_until = excluded.lease_until
        """;

    private readonly Calls _calls;
    private readonly TimeSpan _lease;

    internal PostgresNodeRegistry(Calls calls, TimeSpan lease)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        _calls = calls;
        _lease = lease;
    }

    public async ValueTask RenewAsync(NodeStatus node, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(node);
        await _calls.ChangeAsync(
            connection => connection.Command(RenewStatement)
                .With(node.Id).With(node.Address.OriginalString).With(node.Connections).With(node.Capacity).With((short)node.State).With(_lease).RunAsync(),
            ct);
    }

    public async ValueTask<IReadOnlyList<NodeStatus>> LiveAsync(CancellationToken ct) => await _calls.AskAsync(
        connection => connection
            .Command("SELECT id, address, connections, capacity, state FROM hubbub.nodes WHERE lease_until > clock_timestamp() ORDER BY id")
            .ManyAsync(rows => new NodeStatus(
                rows.GetString(0), new Uri(rows.GetString(1)), rows.GetInt32(2), rows.GetInt32(3), (NodeState)rows.GetInt16(4))),
        ct);

    public async ValueTask RemoveAsync(string id, CancellationToken ct) => await _calls.ChangeAsync(
        connection => connection.Command("DELETE FROM hubbub.nodes WHERE id = $1").With(id).RunAsync(), ct);
}
