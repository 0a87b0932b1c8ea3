// What one writes first in ASP.NET Core: a set of sockets per room and WebSocket.SendAsync for each. Arguments: the port.
using Peers.Naive;

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls($"http://127.0.0.1:{args[0]}");
await using var app = builder.Build();
app.UseWebSockets();

var chat = new Chat();
app.Map("/ws", async context =>
{
    using var socket = await context.WebSockets.AcceptWebSocketAsync();
    await chat.ServeAsync(socket, context.RequestAborted);
});
await app.RunAsync();
