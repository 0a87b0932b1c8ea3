// What one writes first in ASP.NET Core: a set of sockets per room and WebSocket.SendAsync for each. Arguments: the address, whose certificate,
// if it is https, Kestrel's own settings name.
using Peers.Naive;

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls(args[0]).UseKestrelHttpsConfiguration();
await using var app = builder.Build();
app.UseWebSockets();

var chat = new Chat();
app.Map("/ws", async context =>
{
    using var socket = await context.WebSockets.AcceptWebSocketAsync();
    await chat.ServeAsync(socket, context.RequestAborted);
});
await app.RunAsync();
