using Hubbub.Protocol;
using Hubbub.Server.Api;

namespace Hubbub.Server.Operations;

/// <summary>The part of the whole that a node serves: what it does not is answered with 421, which tells whoever spreads the requests that this one went the wrong way.</summary>
internal static class Roles
{
    public static readonly Refusal NotAGateway = Refusals.WrongRole("This node serves the API; live connections are for the gateways.");

    public static readonly Refusal NotTheApi = Refusals.WrongRole("This node is a gateway: it serves live connections and what is read over them; other requests are for the API's nodes.");

    public static bool ServesApi(this NodeRole role) => role != NodeRole.Gateway;

    public static bool ServesConnections(this NodeRole role) => role != NodeRole.Api;

    /// <summary>Refuses every request that no endpoint takes.</summary>
    public static void MapOthersApi(this IEndpointRouteBuilder api) =>
        api.Map("{**rest}", (HttpContext http) => Problem.WriteAsync(http, NotTheApi)).WithMetadata(OpenToAll.Instance).ExcludeFromDescription();
}
