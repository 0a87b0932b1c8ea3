namespace Hubbub.SdkTests.Sdks;

/// <summary>How an SDK is set up for a scenario.</summary>
internal sealed record SdkSetup
{
    /// <summary>The words for what carries the conversation: <c>websocket</c>, <c>sse</c>, <c>longpoll</c>; best first.</summary>
    public required IReadOnlyList<string> Transports { get; init; }

    /// <summary>What the application gives when it is asked for a token, one after the other and then the last; <c>!</c>: it fails. None: a guest.</summary>
    public IReadOnlyList<string> Tokens { get; init; } = ["token"];
}

/// <summary>An SDK as the kit sees it: commands in, happenings out, the same words for each.</summary>
internal abstract class Sdk : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<string> _trace = [];
    private bool _isOver;

    public static IReadOnlyList<string> Names => ["typescript", "dotnet"];

    public IReadOnlyList<string> Trace
    {
        get
        {
            lock (_lock)
                return [.. _trace];
        }
    }

    public static Sdk Start(string name, Uri server, SdkSetup setup) => name == "typescript" ? new TypeScriptSdk(server, setup) : new DotnetSdk(server, setup);

    public abstract void Connect();

    /// <param name="room">Which.</param>
    /// <param name="start">A position, <c>last:N</c>, or null for from now on.</param>
    public abstract void Join(string room, string? start = null);

    public abstract void Leave(string room);

    public abstract void Post(string room, string key, string text);

    public abstract void Type(string room);

    /// <summary>From now on it says who is in the room.</summary>
    public abstract void WatchPresence(string room);

    /// <summary>Reads the whole log by the API, and says it line by line.</summary>
    public abstract void Fetch(string room);

    /// <summary>Says what carries the conversation now.</summary>
    public abstract void SayTransport();

    /// <summary>Lets so much time pass at once, for all its waiting.</summary>
    public abstract void Pass(TimeSpan time);

    /// <summary>Ends it; again: nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Interlocked.Exchange(ref _isOver, true))
            await EndAsync();
    }

    protected abstract Task EndAsync();

    /// <summary>Waits until this was said, at least so many times.</summary>
    public Task SaysAsync(string line, int times = 1) => UntilAsync($"says '{line}' {times} times", () => Trace.Count(l => l == line) >= times);

    /// <summary>Lets time pass, a step at a time and a small part of that in truth, until something is so. For waits that nobody wants to sit out.</summary>
    /// <param name="what">What should become true.</param>
    /// <param name="isSo">Whether it is; given is the time that was let pass.</param>
    /// <param name="step">Shorter than what must not end too early, such as the opening of a connection.</param>
    public Task HurryUntilAsync(string what, Func<TimeSpan, bool> isSo, TimeSpan step)
    {
        var passed = TimeSpan.Zero;
        return UntilAsync(what, () =>
        {
            if (isSo(passed))
                return true;
            Pass(step);
            passed += step;
            return false;
        });
    }

    /// <summary>What it carries the conversation by.</summary>
    public async Task CarriedByAsync(string transport)
    {
        await UntilAsync($"is carried by {transport}", () =>
        {
            SayTransport();
            return Trace.LastOrDefault(l => l.StartsWith("transport ", StringComparison.Ordinal)) == $"transport {transport}";
        });
    }

    /// <summary>The lines that begin with one of these words.</summary>
    public IReadOnlyList<string> Said(params string[] words) => [.. Trace.Where(l => words.Contains(l.Split(' ')[0]))];

    protected void Say(string line)
    {
        lock (_lock)
            _trace.Add(line);
    }

    private async Task UntilAsync(string what, Func<bool> isSo)
    {
        try
        {
            await Eventually.UntilAsync($"the SDK {what}", isSo, Scripted.ScriptedServer.Patience);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message} It said:\n{string.Join('\n', Trace)}", e);
        }
    }
}
