namespace Hubbub.SdkTests.Scripted;

/// <summary>One room's log as a scripted server keeps it: numbered from 1, of one life at a time. Whom it is told is the scenario's affair. Thread-safe.</summary>
internal sealed class ScriptedLog(string room)
{
    private readonly Lock _lock = new();
    private readonly List<Dictionary<string, object>> _events = [];
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _epoch = ScriptedServer.Epoch;

    public string Room => room;

    /// <summary>A log that lags: pages end here, as if the rest were not there yet.</summary>
    public long PagesEndAt { get; set; } = long.MaxValue;

    public long Head
    {
        get
        {
            lock (_lock)
                return _events.Count;
        }
    }

    /// <summary>Completes when something is appended after this moment.</summary>
    public Task Grown
    {
        get
        {
            lock (_lock)
                return _grown.Task;
        }
    }

    public string At(long sequence)
    {
        lock (_lock)
            return $"{_epoch}:{sequence}";
    }

    /// <summary>Puts a message into the log, and tells nobody.</summary>
    public long Append(string text, string? key = null, string sender = "u-2")
    {
        lock (_lock)
            return AppendAs("message", sender, new() { ["message"] = text, ["key"] = key ?? $"k{_events.Count}" });
    }

    public long AppendEdit(long message, string text) => AppendAs("message_edited", "u-2", new() { ["messageId"] = At(message), ["message"] = text });

    public long AppendDeletion(long message) => AppendAs("message_deleted", "u-2", new() { ["messageId"] = At(message) });

    public long AppendMember(string user) => AppendAs("member_joined", user, new() { ["user"] = new { id = user, name = user }, ["role"] = "member" });

    public long AppendName(string name) => AppendAs("room_renamed", "u-2", new() { ["name"] = name });

    /// <summary>Puts something of a later protocol into the log.</summary>
    public long AppendForeign() => AppendAs("of_a_later_protocol", "u-2", new() { ["message"] = "never to be seen" });

    /// <summary>The post with this key, if it is stored.</summary>
    public long? Find(string key)
    {
        lock (_lock)
            return _events.FindIndex(e => e.TryGetValue("key", out var its) && (string)its == key) is >= 0 and var index ? index + 1 : null;
    }

    /// <summary>All that was is lost: the log begins anew, with another life.</summary>
    public void BeginNewLife(string epoch)
    {
        lock (_lock)
        {
            _epoch = epoch;
            _events.Clear();
        }
    }

    /// <summary>A store that came back without its newest events, and does not know it.</summary>
    public void Forget(long after)
    {
        lock (_lock)
            _events.RemoveRange((int)after, _events.Count - (int)after);
    }

    /// <summary>An event's fields, with its type.</summary>
    public Dictionary<string, object> Event(long sequence)
    {
        lock (_lock)
            return new(_events[(int)sequence - 1]);
    }

    public List<Dictionary<string, object>> Events(long after)
    {
        lock (_lock)
            return [.. _events.Skip((int)after).Select(e => new Dictionary<string, object>(e))];
    }

    /// <summary>What the HTTP API answers: § 6.</summary>
    public object Page(string? after, int? last, int limit)
    {
        lock (_lock)
        {
            var head = Math.Min(_events.Count, PagesEndAt);
            var (epoch, from) = after is null ? (_epoch, last is { } newest ? Math.Max(0, head - newest) : head) : after == "0" ? (_epoch, 0) : Parse(after);
            if (epoch != _epoch || from > _events.Count)
                return new { events = Array.Empty<object>(), position = At(head), head, gap = new { from = after, to = At(head), reason = "lost_past" } };
            var events = _events.Take((int)head).Skip((int)from).Take(limit).ToList();
            return new { events, position = At(Math.Min(Math.Max(from, head), from + events.Count)), head };
        }
    }

    private static (string Epoch, long Sequence) Parse(string position) =>
        (position.Split(':')[0], long.Parse(position.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture));

    private long AppendAs(string type, string sender, Dictionary<string, object> own)
    {
        lock (_lock)
        {
            var sequence = _events.Count + 1L;
            _events.Add(new(own)
            {
                ["type"] = type,
                ["roomId"] = room,
                ["sequence"] = sequence,
                ["id"] = At(sequence),
                ["sender"] = new { id = sender, name = sender },
                ["sentAt"] = "2026-01-01T00:00:00.000Z",
            });
            _grown.TrySetResult();
            _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return sequence;
        }
    }
}
