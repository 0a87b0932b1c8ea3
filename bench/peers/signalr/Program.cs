// SignalR as its documentation shows it: groups, the JSON protocol, WebSockets. Arguments: the address, whose certificate,
// if it is https, Kestrel's own settings name.
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls(args[0]).UseKestrelHttpsConfiguration();

// A listener of the load generator says nothing after it has joined; by default it would be dropped after 30 s.
builder.Services.AddSignalR(options => options.ClientTimeoutInterval = TimeSpan.FromHours(1));
await using var app = builder.Build();
app.MapHub<Peers.SignalR.ChatHub>("/hub", options => options.Transports = HttpTransportType.WebSockets);
await app.RunAsync();

namespace Peers.SignalR
{
    internal sealed class ChatHub : Hub
    {
        public Task Join(string room) => Groups.AddToGroupAsync(Context.ConnectionId, room);

        public Task Post(string room, string text) => Clients.Group(room).SendAsync("event", new ChatEvent(room, text));
    }

    internal sealed record ChatEvent(string Room, string Text);
}
