namespace Hubbub.Protocol;

/// <summary>Times as they are kept and as they travel: whole milliseconds since 1970, UTC.</summary>
public static class UnixTime
{
    private static readonly long Min = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Max = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>False for milliseconds beyond the years 1 to 9999, which only damage has.</summary>
    public static bool TryRead(long milliseconds, out DateTimeOffset time)
    {
        var isOne = milliseconds >= Min && milliseconds <= Max;
        time = isOne ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : default;
        return isOne;
    }

    /// <summary>The time without what is finer than a millisecond, as it is read again when it was kept.</summary>
    public static DateTimeOffset Whole(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
}
