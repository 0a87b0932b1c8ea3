using System.Security.Cryptography;
using System.Text;
using Hubbub.Core.Cluster;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Server.Operations;

namespace Hubbub.Server.Api;

/// <summary>The cluster as clients see it (where to connect) and as its operator does (who is there, who shall drain).</summary>
internal static class NodeEndpoints
{
    private const string Bearer = "Bearer ";

    private static readonly Refusal NoOperator = new("not_found", "There is no such address: this node has no operator's token (Hubbub:OperatorToken).", StatusCodes.Status404NotFound);
    private static readonly Refusal NoSuchNode = new("not_found", "There is no such node alive.", StatusCodes.Status404NotFound);

    public static void MapNodes(this IEndpointRouteBuilder api)
    {
        api.MapGet("/connect", Connect).Produces<ConnectAnswer>().TakesQuery(("room", "A room: the node where its listeners meet. Without: the one with the most free places."));
        api.MapGet("/nodes", List).WithMetadata(OpenToAll.Instance).Produces<NodesAnswer>();
        api.MapPost("/nodes/{node}/drain", DrainAsync).WithMetadata(OpenToAll.Instance).Produces(StatusCodes.Status202Accepted);
    }

    private static IResult Connect(HttpContext http, SignedIn _, Heartbeat heartbeat)
    {
        RoomId? room = null;
        if (http.Request.Query["room"] is [{ Length: > 0 } asked])
        {
            if (!RoomId.TryParse(asked, out var id))
                return Answer.Refuse(Refusals.BadRoom);
            room = id;
        }

        // Where nobody can be sent to a node by itself, the address that was asked is the one: a balancer's, or the only node's.
        var node = room is { } which ? Directions.HomeOf(which, heartbeat.Live) : Directions.LeastLoaded(heartbeat.Live);
        return Answer.Ok(node is null
            ? new ConnectAnswer(null, $"{http.Request.Scheme}://{http.Request.Host}/")
            : new ConnectAnswer(node.Id, node.Address.AbsoluteUri));
    }

    private static IResult List(HttpContext http, HubbubOptions options, Heartbeat heartbeat, ThisNode self)
    {
        if (CheckOperator(http, options) is { } refusal)
            return Answer.Refuse(refusal);

        // This node as it is now; of the others what they said last.
        var mine = self.Status();
        return Answer.Ok(new NodesAnswer([.. heartbeat.Live.Where(n => n.Id != mine.Id).Append(mine).OrderBy(n => n.Id, StringComparer.Ordinal).Select(n => NodeShape.Of(n, n.Id == mine.Id))]));
    }

    private static async Task<IResult> DrainAsync(HttpContext http, string node, HubbubOptions options, INodeRegistry registry, ThisNode self, Drain drain)
    {
        if (CheckOperator(http, options) is { } refusal)
            return Answer.Refuse(refusal);
        if (node == self.Id)
            _ = drain.RunAsync();
        else if (!await registry.AskToDrainAsync(node, http.RequestAborted))
            return Answer.Refuse(NoSuchNode);
        return Results.StatusCode(StatusCodes.Status202Accepted);
    }

    private static Refusal? CheckOperator(HttpContext http, HubbubOptions options)
    {
        if (string.IsNullOrEmpty(options.OperatorToken))
            return NoOperator;
        var given = http.Request.Headers.Authorization is [{ } header] && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : "";
        return CryptographicOperations.FixedTimeEquals(Hash(given), Hash(options.OperatorToken)) ? null : Refusals.Unauthenticated;
    }

    /// <summary>Of one length, whatever was given.</summary>
    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}

/// <param name="Node">Its id; null where clients reach nodes only by a balancer.</param>
/// <param name="Url">The base address to connect to.</param>
public sealed record ConnectAnswer(string? Node, string Url);

public sealed record NodesAnswer(IReadOnlyList<NodeShape> Nodes);

/// <param name="Id">Drawn anew at each start of the node.</param>
/// <param name="Url">Where it listens, or where clients reach it.</param>
/// <param name="Reachable">Whether clients may be sent there.</param>
/// <param name="State"><c>up</c> or <c>draining</c>.</param>
/// <param name="Connections">Live now.</param>
/// <param name="Capacity">At most; 0 for a node of the API.</param>
/// <param name="Rooms">With listeners now.</param>
/// <param name="Posted">Events stored by it since its start.</param>
/// <param name="Self">Whether it is the one that answers.</param>
public sealed record NodeShape(string Id, string Url, bool Reachable, string State, int Connections, int Capacity, int Rooms, long Posted, bool Self)
{
    internal static NodeShape Of(NodeStatus node, bool self) => new(
        node.Id, node.Address.AbsoluteUri, node.IsReachable, node.State == NodeState.Up ? "up" : "draining", node.Connections, node.Capacity, node.Rooms, node.Posted, self);
}
