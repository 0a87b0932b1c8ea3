using Hubbub.Server.Api;
using Hubbub.Server.Auth;
using Hubbub.Server.Operations;
using Hubbub.Server.Transports.Http;
using Hubbub.Server.Transports.WebSockets;
using Microsoft.Extensions.Options;

namespace Hubbub.Server;

/// <summary>Hubbub's addresses in an ASP.NET Core application.</summary>
public static class HubbubEndpoints
{
    /// <summary>Maps <c>/ws</c>, <c>/api</c>, <c>/health</c> and <c>/openapi</c>. The chat page is apart: <see cref="HubbubPage.MapHubbubPage"/>.</summary>
    /// <exception cref="Core.Log.StoreException">The store cannot be opened; the message says what to do.</exception>
    /// <exception cref="Brokers.BrokerUrlException">The broker's URL is wrong, or not for this store; the message says how.</exception>
    /// <exception cref="NodeSetupException">The node's own address or the operator's token is wrong; the message says how.</exception>
    /// <exception cref="AuthSetupException">A key or an origin is wrong; the message says which.</exception>
    public static WebApplication MapHubbub(this WebApplication app)
    {
        // Opened here, so that a start that cannot succeed fails before the first client comes.
        _ = app.Services.GetRequiredService<Authenticator>();
        _ = app.Services.GetRequiredService<Accounts>();
        _ = app.Services.GetRequiredService<BrokerMetrics>();
        _ = app.Services.GetRequiredService<NodeMetrics>();
        _ = app.Services.GetRequiredService<SearchMetrics>();
        _ = app.Services.GetRequiredService<ThisNode>();

        app.UseRouting();
        var origins = app.Services.GetRequiredService<IOptions<OriginOptions>>().Value.AllowedOrigins;
        if (origins.Count > 0)
            app.UseCors(policy => policy.WithOrigins([.. origins]).AllowAnyHeader().AllowAnyMethod().AllowCredentials().WithExposedHeaders("Retry-After"));
        app.UseWhen(http => http.Request.Path.StartsWithSegments("/api") || http.Request.Path.StartsWithSegments("/files"), branch => branch.UseMiddleware<CallerMiddleware>());

        var role = app.Services.GetRequiredService<HubbubOptions>().Role;
        var api = app.MapGroup("/api");
        api.MapNodes();
        if (role.ServesApi())
        {
            api.MapIdentity();
            api.MapAccounts();
            api.MapProfiles();
            app.MapAvatars();
            app.MapOpenId();
            api.MapRooms();
            api.MapDirectRooms();
            api.MapMembers();
            api.MapInvitations();
            api.MapMessages();
            api.MapSearch();
            api.MapUploads();
            app.MapFiles();
            api.MapReports();
        }
        else
        {
            api.MapOthersApi();
        }

        api.MapPresence();
        var events = app.Services.GetRequiredService<EventsEndpoints>();
        api.MapGet("/rooms/{room}/events", (HttpContext http, string room, SignedIn who) => events.OneRoomAsync(http, room, who))
            .WithMetadata(TakesTickets.Instance).TakesQuery(EventsQuery.OneRoom);
        api.MapGet("/events", (HttpContext http, SignedIn who) => events.ManyRoomsAsync(http, who))
            .WithMetadata(TakesTickets.Instance).TakesQuery(EventsQuery.ManyRooms);

        var sockets = app.Services.GetRequiredService<WebSocketEndpoint>();
        app.Map(Handshake.Path, role.ServesConnections() ? sockets.ServeAsync : http => Problem.WriteAsync(http, Roles.NotAGateway)).ExcludeFromDescription();
        app.MapHealth();
        app.MapOpenApi();
        return app;
    }
}
