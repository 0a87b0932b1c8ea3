using System.Text.Encodings.Web;
using System.Text.Json;
using Hubbub.Core.Hub;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Server.Api;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Hubbub.Server.Transports.Http;

/// <summary><c>GET /api/rooms/{room}/events</c> and <c>GET /api/events</c>: plain polls, long polls, server-sent events and lines, of one question.</summary>
internal sealed class EventsEndpoints(Poll poll, Hub hub, RoomRegistry rooms, Connections connections, HubbubOptions options, TimeProvider time)
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task OneRoomAsync(HttpContext http, string room, SignedIn who)
    {
        if (!RoomId.TryParse(room, out var id))
        {
            await Problem.WriteAsync(http, Refusals.BadRoom);
            return;
        }

        if (EventsQuery.Read(http.Request, out var malformed) is not { } query)
        {
            await Problem.WriteAsync(http, malformed!);
            return;
        }

        if (query.IsStream)
        {
            await StreamAsync(http, who.Caller, [new RoomPosition(id, query.Start)], query.Form, manyRooms: false);
            return;
        }

        var page = query.IsHistory
            ? await poll.HistoryAsync(who.Caller, id, query, http.RequestAborted)
            : (await poll.AskAsync(who.Caller, [new RoomPosition(id, query.Start)], query.Limit, query.Wait, http.RequestAborted))[0];
        if (!page.Is(out var answer, out var refusal) || (refusal = answer.Refusal) is not null)
        {
            await Problem.WriteAsync(http, refusal);
            return;
        }

        await WriteAsync(http, json => answer.Write(json, named: false));
    }

    public async Task ManyRoomsAsync(HttpContext http, SignedIn who)
    {
        var form = EventsQuery.FormOf(http.Request);

        // The list that the browser sends back after a cut has moved on from the one in the address.
        var list = form == AnswerForm.ServerSentEvents && http.Request.Headers["Last-Event-ID"] is [{ } last] ? last : http.Request.Query["rooms"].ToString();
        if ((RoomPositions.Read(list, options.MaxRoomsPerConnection, out var asked)
            ?? EventsQuery.ReadPaging(http.Request, out var limit, out var wait)) is { } malformed)
        {
            await Problem.WriteAsync(http, malformed);
            return;
        }

        if (form != AnswerForm.Json)
        {
            await StreamAsync(http, who.Caller, asked, form, manyRooms: true);
            return;
        }

        EventsQuery.ReadPaging(http.Request, out limit, out wait);
        var pages = await poll.AskAsync(who.Caller, asked, limit, wait, http.RequestAborted);
        await WriteAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("rooms");
            foreach (var page in pages)
                page.Write(json, named: true);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private async Task StreamAsync(HttpContext http, Caller caller, List<RoomPosition> asked, AnswerForm form, bool manyRooms)
    {
        var feed = hub.OpenFeed();
        var sink = new StreamSink(form, manyRooms);
        using var stream = new EventStream(http, feed, caller, sink, options, time);
        feed.Identify(caller.User.Id);
        if (await JoinAsync(feed, caller, asked, manyRooms, http.RequestAborted) is { } refusal)
        {
            await Problem.WriteAsync(http, refusal);
            return;
        }

        if (!connections.TryAdd(stream))
        {
            await Problem.WriteAsync(http, Refusals.Overloaded);
            return;
        }

        try
        {
            BeginStream(http, form);
            sink.WriteStart(feed.Subscriptions.Select(s => (s.RoomId, s.Start)));
            await stream.RunAsync();
        }
        finally
        {
            connections.Remove(stream);
        }
    }

    /// <summary>Joins every room. One room's refusal is the answer; among many it is told in the stream, and the others go on.</summary>
    private async ValueTask<Refusal?> JoinAsync(Feed feed, Caller caller, List<RoomPosition> asked, bool manyRooms, CancellationToken ct)
    {
        foreach (var (room, start) in asked)
        {
            var refusal = await rooms.ListenAsync(feed, caller, room, start, default, ct);
            if (refusal is not null && !manyRooms)
                return refusal;
            if (refusal is not null)
                feed.Answer(Frame.Encoder.Error(default, refusal, room));
        }

        return null;
    }

    private static void BeginStream(HttpContext http, AnswerForm form)
    {
        http.Response.ContentType = form == AnswerForm.Lines ? "application/x-ndjson; charset=utf-8" : "text/event-stream; charset=utf-8";

        // Proxies that collect answers would hold an endless one for ever.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();

        // We have our own eye on slow readers (SlowAfter), which lets them resume.
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
    }

    private static async Task WriteAsync(HttpContext http, Action<Utf8JsonWriter> write)
    {
        http.Response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter, Json);
        write(json);
        await json.FlushAsync(http.RequestAborted);
    }
}
