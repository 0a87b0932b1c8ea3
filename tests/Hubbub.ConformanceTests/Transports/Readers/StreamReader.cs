using System.Text.Json;
using Hubbub.TestKit.Clients;

namespace Hubbub.ConformanceTests.Transports.Readers;

/// <summary>Reads an endless answer: server-sent events, whose position is the last <c>id:</c>, or lines.</summary>
internal sealed class StreamReader : Reader
{
    private readonly EventReader _events;

    private StreamReader(EventReader events) => _events = events;

    public static async Task<Reader> OpenAsync(HttpApi user, string room, Start start, string mediaType)
    {
        StreamReader reader;
        try
        {
            reader = new StreamReader(await user.StreamAsync($"/api/rooms/{room}/events?{start.Query}", mediaType));
        }
        catch (RefusedException e)
        {
            throw ReadingRefusedException.Of(e.Answer);
        }

        var joined = await reader.NextAsync();
        if (joined.Type != "joined")
            throw new InvalidOperationException($"A stream starts with the joined frame, not with {joined}");
        reader.Position = reader._events.LastEventId ?? joined.Text("position");
        return reader;
    }

    public override async Task<Told> NextAsync(TimeSpan? deadline = null)
    {
        if (await _events.NextAsync(deadline) is not { } frame)
            return new Told("end", JsonSerializer.SerializeToElement(new { }));
        var told = Told.OfFrame(frame);
        if (_events.LastEventId is { } id)
            Position = id;
        else if (told.IsEvent)
            Position = told.Text("id");
        else if (told.Type is "gap" or "skipped")
            Position = told.Text("to");
        return told;
    }

    public override async Task<List<Told>> RestAsync()
    {
        var rest = new List<Told>();
        for (var told = await NextAsync(); told.Type != "end"; told = await NextAsync())
            rest.Add(told);
        return rest;
    }

    public override ValueTask DisposeAsync() => _events.DisposeAsync();
}
