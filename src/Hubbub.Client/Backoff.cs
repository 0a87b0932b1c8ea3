namespace Hubbub.Client;

/// <summary>Waiting times after failures: from a quarter of a second, doubling, to 15 s at most, each with a random half, so that clients that failed together do not return together.</summary>
internal sealed class Backoff(Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    private int _failures;

    public void Reset() => _failures = 0;

    public TimeSpan Next()
    {
        var whole = Math.Min(Longest.TotalMilliseconds, First.TotalMilliseconds * Math.Pow(2, Math.Min(_failures++, 16)));
        lock (random)
            return TimeSpan.FromMilliseconds(whole * (0.5 + (random.NextDouble() / 2)));
    }
}
