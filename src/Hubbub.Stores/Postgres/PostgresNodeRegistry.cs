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
        INSERT INTO hubbub.nodes (id, address, is_reachable, state, connections, capacity, rooms, posted, lease_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() + $9)
        ON CONFLICT (id) DO UPDATE SET address = excluded.address, is_reachable = excluded.is_reachable, state = excluded.state, connections = excluded.connections,
            capacity = excluded.capacity, rooms = excluded.rooms, posted = excluded.posted, lease_until = excluded.lease_until
        RETURNING drain_asked
        """;

    private readonly Calls _calls;
    private readonly TimeSpan _lease;

    internal PostgresNodeRegistry(Calls calls, TimeSpan lease)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lease, TimeSpan.Zero);
        _calls = calls;
        _lease = lease;
    }

    public async ValueTask<bool> RenewAsync(NodeStatus node, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(node);
        return await _calls.ChangeAsync(
            connection => connection.Command(RenewStatement)
                .With(node.Id).With(node.Address.OriginalString).With(node.IsReachable).With((short)node.State).With(node.Connections).With(node.Capacity).With(node.Rooms).With(node.Posted)
                .With(_lease)
                .OneAsync(rows => rows.GetBoolean(0)),
            ct);
    }

    public async ValueTask<IReadOnlyList<NodeStatus>> LiveAsync(CancellationToken ct) => await _calls.AskAsync(
        connection => connection
            .Command("SELECT id, address, is_reachable, state, connections, capacity, rooms, posted FROM hubbub.nodes WHERE lease_until > clock_timestamp() ORDER BY id")
            .ManyAsync(rows => new NodeStatus(
                rows.GetString(0), new Uri(rows.GetString(1)), rows.GetBoolean(2), (NodeState)rows.GetInt16(3), rows.GetInt32(4), rows.GetInt32(5), rows.GetInt32(6), rows.GetInt64(7))),
        ct);

    public async ValueTask<bool> AskToDrainAsync(string id, CancellationToken ct) => await _calls.ChangeAsync(
        async connection => (await connection.Command("UPDATE hubbub.nodes SET drain_asked = true WHERE id = $1 AND lease_until > clock_timestamp() RETURNING id")
            .With(id).OneAsync(rows => rows.GetString(0))) is not null,
        ct);

    public async ValueTask RemoveAsync(string id, CancellationToken ct) => await _calls.ChangeAsync(
        connection => connection.Command("DELETE FROM hubbub.nodes WHERE id = $1").With(id).RunAsync(), ct);
}
