using Hubbub.Compare.Dialects;
using Hubbub.Load;
using Hubbub.Load.Checks;
using Hubbub.Load.Loop;
using Hubbub.Load.Wire;

namespace Hubbub.Compare.Listening;

/// <summary>
/// Posts with Hubbub's <c>POST /api/rooms/{room}/messages</c>, on as many kept connections as the window has posts, since each has one
/// request at a time. Which of them is stored first is the server's to say, so nothing is known of the order.
/// </summary>
internal sealed class HttpSender : ISender
{
    private readonly Audience _audience;
    private readonly Queue<Connection> _free;
    private readonly Queue<int> _waiting = [];
    private readonly PostShape[] _shapes;

    private HttpSender(Audience audience, Queue<Connection> free, PostShape[] shapes)
    {
        _audience = audience;
        _free = free;
        _shapes = shapes;
    }

    public static async Task<HttpSender> OpenAsync(EventLoop loop, Target target, int window, Audience audience, CancellationToken cancel)
    {
        string token;
        using (var conversation = await HttpConversation.OpenAsync(target, cancel))
            token = (await conversation.AskAsync("POST", "/api/guests", null, """{"name":"poster"}""", cancel)).Expect(201).Text("token");
        var shapes = audience.Rooms.Select(room => new PostShape(Request(target, token, room.Name))).ToArray();
        var free = new Queue<Connection>();
        var sender = new HttpSender(audience, free, shapes);
        await Ramp.OpenAsync(loop, target, window, _ =>
        {
            var connection = new Connection(loop, sender);
            free.Enqueue(connection);
            return connection;
        }, () => { }, cancel);
        audience.IsOrdered = window == 1;
        return sender;
    }

    public void Post(int room, long now)
    {
        // A message may be heard before its request is answered, so the window is no promise of a free connection.
        if (_free.TryDequeue(out var connection))
            Post(connection, room, now);
        else
            _waiting.Enqueue(room);
    }

    public void Flush()
    {
    }

    private static string Request(Target target, string token, string room)
    {
        var length = $$"""{"message":""}""".Length + PostText.Length;
        return $"POST /api/rooms/{room}/messages HTTP/1.1\r\nHost: {target.Host}\r\nAuthorization: Bearer {token}\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n" + $$"""{"message":"{{IDialect.TextMark}}"}""";
    }

    private void Post(Connection connection, int room, long now)
    {
        _audience.Rooms[room].WriteNext(_shapes[room].Text, now);
        connection.Send(_shapes[room].Bytes);
    }

    private void OnAnswer(Connection connection, int status)
    {
        if (status is not (200 or 201))
            _audience.Findings.Add(Anomaly.Contradiction, $"a post was answered {status}");
        if (_waiting.TryDequeue(out var room))
            Post(connection, room, Clock.Now);
        else
            _free.Enqueue(connection);
    }

    private sealed class Connection(EventLoop loop, HttpSender sender) : LoopConnection(loop)
    {
        private bool _ending;

        public override void Shut()
        {
            _ending = true;
            base.Shut();
        }

        protected override void OnConnected() => Settle(null);

        protected override int OnBytes(Span<byte> bytes, long now)
        {
            if (!HttpResponse.TryRead(bytes, out var response))
                return 0;
            sender.OnAnswer(this, response.Status);
            return response.Length;
        }

        protected override void OnClosed(string reason)
        {
            if (!_ending)
                sender._audience.Findings.Add(Anomaly.Disconnected, $"a posting connection was lost: {reason}");
        }
    }
}
