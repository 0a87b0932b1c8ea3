namespace Hubbub.Server.Files;

/// <summary>The limits of what people upload; <see cref="HubbubOptions"/> says what they mean.</summary>
public sealed record UploadOptions
{
    public long MaxSize { get; init; } = 25L << 20;

    public long MaxWaitingBytes { get; init; } = 100L << 20;

    public int MaxWaiting { get; init; } = 100;

    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(24);

    public TimeSpan SweepPause { get; init; } = TimeSpan.FromMinutes(1);
}
