using System.Globalization;
using System.Text.Json;

namespace Hubbub.SdkTests.Sdks;

/// <summary>The TypeScript SDK, in Node.</summary>
internal sealed class TypeScriptSdk : Sdk
{
    private readonly int _number;

    public TypeScriptSdk(Uri server, SdkSetup setup) =>
        _number = NodeProcess.Shared.Start(JsonSerializer.Serialize(new { url = server.ToString(), transports = setup.Transports, tokens = setup.Tokens }), Say);

    public override void Connect() => Tell("connect");

    public override void Join(string room, string? start = null) => Tell($"join {room} {start ?? "now"}");

    public override void Leave(string room) => Tell($"leave {room}");

    public override void Post(string room, string key, string text) => Tell($"post {room} {key} {text}");

    public override void Type(string room) => Tell($"type {room}");

    public override void WatchPresence(string room) => Tell($"presence {room}");

    public override void Fetch(string room) => Tell($"fetch {room}");

    public override void SayTransport() => Tell("transport");

    public override void Pass(TimeSpan time) => Tell($"pass {time.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)}");

    protected override Task EndAsync()
    {
        Tell("close");
        return Task.CompletedTask;
    }

    private void Tell(string command) => NodeProcess.Shared.Tell(_number, command);
}
