namespace Hubbub.Load.Loop;

/// <summary>The loops of one run: started together, watched together, and gone when the run ends however it ends.</summary>
internal sealed class LoopSet : IAsyncDisposable
{
    private readonly List<EventLoop> _loops = [];

    public EventLoop Start(string name)
    {
        var loop = new EventLoop(name);
        _loops.Add(loop);
        loop.Start();
        return loop;
    }

    /// <summary>Waits for <paramref name="work"/>, or for the first loop that breaks.</summary>
    public async Task WaitAsync(Task work)
    {
        var first = await Task.WhenAny([work, .. _loops.Select(loop => loop.Finished)]);
        await first;
        if (first != work)
            throw new InvalidOperationException("A loop ended before its work.");
    }

    /// <summary>Waits until the monotonic time is <paramref name="time"/>.</summary>
    public async Task WaitUntilAsync(long time, CancellationToken cancel)
    {
        var rest = time - Clock.Now;
        if (rest > 0)
            await WaitAsync(Task.Delay(TimeSpan.FromMilliseconds(rest / 1e6), cancel));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var loop in _loops)
            await loop.DisposeAsync();
    }
}
