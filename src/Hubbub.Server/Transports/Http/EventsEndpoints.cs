using System.Text.Encodings.Web;
using System.Text.Json;
using Hubbub.Core.Hub;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Server.Api;
using Hubbub.Server.Auth;
using Hubbub.Server.Operations;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Hubbub.Server.Transports.Http;

/// <summary><c>GET /api/rooms/{room}/events</c> and <c>GET /api/events</c>: plain polls, long polls, server-sent events and lines, of one question.</summary>
internal sealed class EventsEndpoints(Poll poll, Hub hub, RoomRegistry rooms, Connections connections, Admission admission, Tokens tokens, HubbubOptions options, TimeProvider time)
{
    /// <summary>Readers that are sent away together ask again within this time, each when it likes.</summary>
    private const int SoonMilliseconds = 500;

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

        if (query.IsHistory)
        {
            var page = await poll.HistoryAsync(who.Caller, id, query, http.RequestAborted);
            if (page.Is(out var history, out var refused))
                await WriteAsync(http, json => history.Write(json, named: false));
            else
                await Problem.WriteAsync(http, refused);
            return;
        }

        var found = await AskAsync(http, who.Caller, [new RoomPosition(id, query.Start)], query.Limit, query.Wait);
        if (!found.Is(out var answer, out var refusal) || (refusal = answer.Pages[0].Refusal) is not null)
        {
            await Problem.WriteAsync(http, refusal);
            return;
        }

        var retry = Retry(http, answer);
        await WriteAsync(http, json => answer.Pages[0].Write(json, named: false, retry));
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
        var found = await AskAsync(http, who.Caller, asked, limit, wait);
        if (!found.Is(out var answer, out var refusal))
        {
            await Problem.WriteAsync(http, refusal);
            return;
        }

        var retry = Retry(http, answer);
        await WriteAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("rooms");
            foreach (var page in answer.Pages)
                page.Write(json, named: true);
            json.WriteEndArray();
            if (retry is { } milliseconds)
                json.WriteNumber("retry", milliseconds);
            json.WriteEndObject();
        });
    }

    private async ValueTask<Outcome<PollAnswer>> AskAsync(HttpContext http, Caller caller, List<RoomPosition> asked, int limit, TimeSpan wait)
    {
        if (wait > TimeSpan.Zero && options.Role == NodeRole.Api)
            return Roles.NotAGateway;
        return await poll.AskAsync(caller, asked, limit, wait, http.Connection.RemoteIpAddress, http.RequestAborted);
    }

    /// <summary>When a reader whose node drains shall ask again, in milliseconds; on a new connection, since this one leads here.</summary>
    private static int? Retry(HttpContext http, PollAnswer answer)
    {
        if (!answer.ShallMove)
            return null;
        http.Response.Headers.Connection = "close";
        return Random.Shared.Next(SoonMilliseconds);
    }

    private async Task StreamAsync(HttpContext http, Caller caller, List<RoomPosition> asked, AnswerForm form, bool manyRooms)
    {
        if (options.Role == NodeRole.Api)
        {
            await Problem.WriteAsync(http, Roles.NotAGateway);
            return;
        }

        if (admission.TryEnter(http.Connection.RemoteIpAddress, out var place) is { } full)
        {
            await Problem.WriteAsync(http, full);
            return;
        }

        try
        {
            if (admission.TryIdentify(caller.User, ref place) is { } tooMany)
                await Problem.WriteAsync(http, tooMany);
            else
                await TellAsync(http, caller, asked, form, manyRooms);
        }
        finally
        {
            admission.Leave(place);
        }
    }

    private async Task TellAsync(HttpContext http, Caller caller, List<RoomPosition> asked, AnswerForm form, bool manyRooms)
    {
        var feed = hub.OpenFeed();
        var sink = new StreamSink(form, manyRooms);
        using var stream = new EventStream(http, feed, caller, sink, tokens, options, time);
        feed.Identify(caller.User);
        if (await JoinAsync(feed, caller, asked, manyRooms, http.RequestAborted) is { } refusal)
        {
            await Problem.WriteAsync(http, refusal);
            return;
        }

        connections.Add(stream);
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
