namespace Hubbub.SdkTests.Scripted;

/// <summary>A room as a client asks for it.</summary>
/// <param name="Room">Which.</param>
/// <param name="After">From which position; null if from none.</param>
/// <param name="Last">With so many of the newest.</param>
/// <param name="Frame">The number of the frame that asked, on a socket.</param>
internal sealed record Asked(string Room, string? After, long? Last = null, long? Frame = null);

/// <summary>What a client is told who asks for a room.</summary>
internal abstract record Verdict
{
    public sealed record Begin(string Position, long Head) : Verdict;

    public sealed record Refuse(string Code, bool Retryable) : Verdict;
}

/// <summary>
/// The server's end of one live connection, in the hands of a scenario, whatever carries it: a socket, an event stream, or polls one after the other. It says what it is told to say, in that order, true or
/// not. Of one scenario at a time.
/// </summary>
internal abstract class ScriptedConnection(ScriptedServer server, string token)
{
    /// <summary>What it was opened with.</summary>
    public string Token => token;

    /// <summary>Completes when the client has ended it; polls never do.</summary>
    public abstract Task Ended { get; }

    protected ScriptedServer Server => server;

    /// <summary>The first words, where there are any.</summary>
    public abstract Task WelcomeAsync();

    /// <summary>Waits until the client asks for exactly these rooms.</summary>
    public abstract Task<IReadOnlyList<Asked>> AskedAsync(params string[] rooms);

    public abstract Task AnswerAsync(IReadOnlyList<Asked> asked, Func<Asked, Verdict> answer);

    /// <summary>Tells events: objects with the fields of an event and its type.</summary>
    public abstract Task TellAsync(string room, params IReadOnlyList<Dictionary<string, object>> events);

    public abstract Task GapAsync(string room, string from, string to, string reason);

    /// <summary>Breaks without a word.</summary>
    public abstract Task CutAsync();

    /// <summary>Where the client asks for its rooms when there are others than before: on a socket here, over HTTP with a new request.</summary>
    public abstract Task<ScriptedConnection> AgainAsync();

    public Task TellAsync(params long[] sequences) => TellAsync("room1", sequences);

    public Task TellAsync(string room, params long[] sequences) => TellAsync(room, [.. sequences.Select(server.Room(room).Event)]);

    public Task JoinedAsync(string? after, long position) => JoinedAsync(("room1", after, position));

    /// <summary>Waits until the client asks for these rooms, which it must do at these positions, and begins there.</summary>
    public async Task JoinedAsync(params (string Room, string? After, long Position)[] rooms)
    {
        var asked = await AskedAsync([.. rooms.Select(r => r.Room)]);
        foreach (var (room, after, _) in rooms)
            Assert.Equal(after, asked.Single(a => a.Room == room).After);
        await AnswerAsync(asked, one => new Verdict.Begin(server.Room(one.Room).At(rooms.Single(r => r.Room == one.Room).Position), server.Room(one.Room).Head));
    }

    /// <summary>Does from here on what a server should, for one room: tells what comes after the position that is asked for, until the client has gone.</summary>
    public abstract Task ServeAsync(string room, CancellationToken ct);

    /// <summary>Where an honest server begins.</summary>
    protected Verdict Honest(Asked asked)
    {
        var log = server.Room(asked.Room);
        return new Verdict.Begin(asked.After is null or "0" ? log.At(asked.After is null ? log.Head : 0) : asked.After, log.Head);
    }

    protected static long SequenceOf(string position) => position == "0" ? 0 : long.Parse(position.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
}
