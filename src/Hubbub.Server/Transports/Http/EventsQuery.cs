using System.Globalization;
using Hubbub.Core.Hub;
using Hubbub.Protocol;
using Microsoft.Extensions.Primitives;

namespace Hubbub.Server.Transports.Http;

/// <summary>How an events request wants to be answered.</summary>
internal enum AnswerForm
{
    Json,
    ServerSentEvents,
    Lines,
}

/// <summary>The question of <c>GET …/events</c> (docs/protocol.md § 6), its forms and ranges checked.</summary>
internal sealed record EventsQuery(StartAt Start, Position? Before, Position? Around, int Limit, TimeSpan Wait, AnswerForm Form)
{
    /// <summary>What a question about one room may say.</summary>
    public static readonly (string Name, string Meaning)[] OneRoom =
    [
        ("after", "A position: what comes after it. 0 is the beginning."), ("last", $"The newest so many (0 to {Limits.MaxPage}), then onwards."),
        ("before", "A position: the page that ends just before it."), ("around", "A position: half a page on either side of it."),
        ("limit", $"1 to {Limits.MaxPage}; {Limits.DefaultPage} if absent."), ("wait", $"Seconds to wait for something, 0 to {Limits.MaxWaitSeconds}."),
    ];

    /// <summary>What a question about many rooms may say.</summary>
    public static readonly (string Name, string Meaning)[] ManyRooms =
    [
        ("rooms", "room@position,room@position,… A room without a position is read from its head."),
        ("limit", $"For each room, 1 to {Limits.MaxPage}; {Limits.DefaultPage} if absent."), ("wait", $"Seconds to wait for something, 0 to {Limits.MaxWaitSeconds}."),
    ];

    private static readonly string[] Starts = ["after", "last", "before", "around"];

    public bool IsStream => Form != AnswerForm.Json;

    public bool IsHistory => Before is not null || Around is not null;

    /// <summary>Reads the query of one room; null and the refusal if something is not of its form.</summary>
    public static EventsQuery? Read(HttpRequest request, out Refusal? refusal)
    {
        var query = request.Query;
        var given = Starts.Count(name => query[name].Count > 0);
        if (given > 1)
        {
            refusal = Refusals.BadRequest("Say one of 'after', 'last', 'before', 'around'.");
            return null;
        }

        var form = FormOf(request);
        Position? after = null, before = null, around = null, lastEvent = null;
        int? last = null, limit = null, wait = null;
        refusal = ReadPosition(query["after"], ref after)
            ?? ReadPosition(query["before"], ref before)
            ?? ReadPosition(query["around"], ref around)
            ?? ReadNumber(query["last"], "last", 0, Limits.MaxPage, ref last)
            ?? ReadNumber(query["limit"], "limit", 1, Limits.MaxPage, ref limit)
            ?? ReadNumber(query["wait"], "wait", 0, Limits.MaxWaitSeconds, ref wait);
        if (refusal is null && form == AnswerForm.ServerSentEvents)
            refusal = ReadPosition(request.Headers["Last-Event-ID"], ref lastEvent);
        if (refusal is not null)
            return null;
        if ((before is not null || around is not null) && form != AnswerForm.Json)
        {
            refusal = Refusals.BadRequest("'before' and 'around' are pages, not streams.");
            return null;
        }

        // What the browser has seen since it first asked wins over what the address said then.
        if (lastEvent is not null)
            (after, last) = (lastEvent, null);
        var start = after is { } position ? StartAt.Behind(position) : last is { } count ? StartAt.Newest(count) : StartAt.Head;
        return new EventsQuery(start, before, around, limit ?? Limits.DefaultPage, TimeSpan.FromSeconds(wait ?? 0), form);
    }

    /// <summary>Reads <c>limit</c> and <c>wait</c>, for a question about many rooms.</summary>
    public static Refusal? ReadPaging(HttpRequest request, out int limit, out TimeSpan wait)
    {
        int? asked = null, seconds = null;
        var refusal = ReadNumber(request.Query["limit"], "limit", 1, Limits.MaxPage, ref asked)
            ?? ReadNumber(request.Query["wait"], "wait", 0, Limits.MaxWaitSeconds, ref seconds);
        limit = asked ?? Limits.DefaultPage;
        wait = TimeSpan.FromSeconds(seconds ?? 0);
        return refusal;
    }

    public static AnswerForm FormOf(HttpRequest request)
    {
        foreach (var accept in request.Headers.Accept)
        {
            if (accept is null)
                continue;
            if (accept.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase))
                return AnswerForm.ServerSentEvents;
            if (accept.Contains("application/x-ndjson", StringComparison.OrdinalIgnoreCase))
                return AnswerForm.Lines;
        }

        return AnswerForm.Json;
    }

    private static Refusal? ReadPosition(StringValues values, ref Position? position)
    {
        if (values.Count == 0)
            return null;
        if (values.Count > 1 || !Position.TryParse(values[0], out var parsed))
            return Refusals.BadPosition;
        position = parsed;
        return null;
    }

    private static Refusal? ReadNumber(StringValues values, string name, int min, int max, ref int? number)
    {
        if (values.Count == 0)
            return null;
        if (values.Count > 1 || !int.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) || parsed < min || parsed > max)
            return Refusals.BadRequest($"'{name}' is a number from {min} to {max}.");
        number = parsed;
        return null;
    }
}
