namespace Hubbub.SdkTests.Scripted;

/// <summary>A connection that carries frames: a socket or an event stream.</summary>
internal abstract class ScriptedFrames(ScriptedServer server, string token) : ScriptedConnection(server, token)
{
    public abstract Task SendAsync(string type, object payload, long? answers = null);

    /// <summary>Says that it ends, if so, and ends.</summary>
    /// <param name="code">A close code of § 5.</param>
    /// <param name="retryAfter">Seconds.</param>
    public abstract Task CloseAsync(int code, int? retryAfter = null);

    public override async Task TellAsync(string room, params IReadOnlyList<Dictionary<string, object>> events)
    {
        foreach (var one in events)
        {
            var type = (string)one["type"];
            await SendAsync(type, one.Where(f => f.Key != "type").ToDictionary());
        }
    }

    public override Task GapAsync(string room, string from, string to, string reason) => SendAsync("gap", new { roomId = room, from, to, reason });

    public Task LeftAsync(string room, string reason) => SendAsync("left", new { roomId = room, reason });

    public override async Task ServeAsync(string room, CancellationToken ct)
    {
        try
        {
            await WelcomeAsync();
            var asked = await AskedAsync(room);
            await AnswerAsync(asked, Honest);
            var log = Server.Room(room);
            var told = asked[0].After is { } after ? SequenceOf(after) : log.Head;
            while (!ct.IsCancellationRequested && !Ended.IsCompleted)
            {
                var grown = log.Grown;
                foreach (var one in log.Events(told))
                {
                    await TellAsync(room, one);
                    told++;
                }

                await Task.WhenAny(grown, Ended, Task.Delay(Timeout.Infinite, ct));
            }
        }
        catch (Exception e) when (e is System.Net.WebSockets.WebSocketException or IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException or TimeoutException)
        {
            // The client has gone, or a fault has come between.
        }
    }

    protected static object Closing(int code, int? retryAfter) => retryAfter is null ? new { code, reason = "because" } : new { code, reason = "because", retryAfter };

    protected static object Joined(string room, Verdict.Begin begin) =>
        new { roomId = room, name = room, visibility = "public", consistency = "strong", position = begin.Position, head = begin.Head };
}
