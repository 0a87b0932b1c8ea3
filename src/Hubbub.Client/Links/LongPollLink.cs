using System.Text.Json;
using Hubbub.Client.Wire;
using Hubbub.Protocol;

namespace Hubbub.Client.Links;

/// <summary>Asks again and again what came after the rooms' positions; the server answers as soon as there is something (docs/protocol.md § 6).</summary>
internal sealed class LongPollLink(LinkHost host, Uri address, string token) : HttpLink(host, address, token)
{
    /// <summary>The answer must come within this time after the wait is over.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>An empty answer long before its time means that something does not let us wait: ask once a second then.</summary>
    private static readonly TimeSpan ShortestPoll = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);

    /// <summary>So often in a row another node is asked for; then there is none.</summary>
    private const int MostSentOn = 10;

    private static readonly TimeSpan SentOnPause = TimeSpan.FromMilliseconds(200);

    public override TransportName Transport => TransportName.LongPoll;

    protected override async Task<LinkEnd?> ReadAsync(IReadOnlyList<RoomSubscription> rooms, CancellationToken ct)
    {
        var sentOn = 0;

        // The first answer comes at once: that this way works, and where each room stands.
        for (var wait = TimeSpan.Zero; ; wait = Options.PollWait)
        {
            var wanted = rooms.Where(r => r.IsReadable).ToList();
            if (wanted.Count == 0)
                return null;
            var asked = Options.Time.GetTimestamp();
            var path = $"/api/events?rooms={List(wanted)}&limit=200&wait={(int)wait.TotalSeconds}";
            JsonElement answer;
            try
            {
                answer = await Host.Http.AskAsync(HttpMethod.Get, path, within: wait + Grace, address: Address, ct: ct);
                sentOn = 0;
            }
            catch (HubbubException e) when (e.Code == "draining" && Opened.IsCompleted && ++sentOn <= MostSentOn)
            {
                // A connection that was kept has led to a node which sends its readers on; it is closed now, and the next one leads elsewhere.
                await Task.Delay(SentOnPause, Options.Time, ct);
                continue;
            }

            SayOpened();
            var news = Tell(answer);
            if (answer.Number("retry") is { } milliseconds)
                await Task.Delay(Shorter(TimeSpan.FromMilliseconds(milliseconds), LongestRetry), Options.Time, ct);
            else if (!news && wait > TimeSpan.Zero && Options.Time.GetElapsedTime(asked) < ShortestPoll)
                await Task.Delay(ShortestPoll, Options.Time, ct);
        }
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <summary>Whether there was anything new in it.</summary>
    private bool Tell(JsonElement answer)
    {
        // Each answer is a story of its own, told from where it was asked.
        BeginSession();
        var news = false;
        if (!answer.TryGetProperty("rooms", out var rooms) || rooms.ValueKind != JsonValueKind.Array)
            return false;
        foreach (var room in rooms.EnumerateArray())
        {
            if (!RoomId.TryParse(room.Text("roomId"), out var id))
                continue;
            if (room.TryGetProperty("error", out var error))
            {
                Take(new ServerFrame("error", null, WithRoom(error, id)));
                news = true;
                continue;
            }

            var page = HubbubApi.ReadPage(id, room);
            var from = page.Entries.Count == 0 ? page.Position : page.Entries[0].At with { Sequence = page.Entries[0].At.Sequence - 1 };
            if (page.Gap is null)
                Take(Joined(id, from, page.Head));
            else
                Take(new ServerFrame("gap", null, WithRoom(room.GetProperty("gap"), id)));
            TellEvents(room);
            news |= page.Entries.Count > 0 || page.Gap is not null;
        }

        return news;
    }

    private static JsonElement WithRoom(JsonElement fields, RoomId room) =>
        JsonSerializer.SerializeToElement(fields.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, p.Value)).Append(KeyValuePair.Create("roomId", JsonSerializer.SerializeToElement(room.Value))).ToDictionary());
}
