using Hubbub.Load.Loop;

namespace Hubbub.Load.Figures;

/// <summary>
/// How often a second this disk makes 4 KiB durable: append and <c>fdatasync</c>, one after the other, which is what one
/// commit of a write-ahead log costs at the least. Measured in slices of half a second with nothing else running; the
/// median of all slices, from before and after a run, is the figure.
/// </summary>
internal sealed class CommitRate
{
    /// <summary>What the report says was measured.</summary>
    public const string Method = "append 4 KiB + fdatasync";

    private const int Slices = 3;
    private const int Size = 4096;

    // 20 000 × 4 KiB = 80 MB a slice: a disk that pretends is not let to fill itself.
    private const int MaxCommits = 20_000;
    private static readonly long s_slice = Clock.Milliseconds(500);

    private readonly List<double> _rates = [];

    public CommitRate(string folder)
    {
        if (!Directory.Exists(folder))
            throw new BenchmarkFailure($"There is no folder {folder} to measure the disk in.");
        Folder = folder;
    }

    public string Folder { get; }

    public double Median => Middle(_rates);

    /// <summary>Measures for about 1.5 s, in a file of its own that it deletes.</summary>
    public Task MeasureAsync(CancellationToken cancel) => Task.Run(() =>
    {
        var path = Path.Combine(Folder, $"hubbub-bench-{Guid.NewGuid():n}.tmp");
        var page = new byte[Size];
        Random.Shared.NextBytes(page);
        try
        {
            using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose);
            var offset = 0L;
            for (var slice = 0; slice < Slices; slice++)
            {
                cancel.ThrowIfCancellationRequested();
                _rates.Add(MeasureSlice(file, page, ref offset));
            }
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new BenchmarkFailure($"The disk's commit rate could not be measured in {Folder}: {failed.Message}");
        }
    }, cancel);

    internal static double Middle(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0)
            return 0;
        var sorted = values.Order().ToArray();
        var half = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    private static double MeasureSlice(Microsoft.Win32.SafeHandles.SafeFileHandle file, byte[] page, ref long offset)
    {
        var from = Clock.Now;
        var count = 0;
        do
        {
            RandomAccess.Write(file, page, offset);
            offset += Size;
            if (Kernel.SyncData(file) < 0)
                throw new IOException(Kernel.LastReason());
            count++;
        }
        while (Clock.Now - from < s_slice && count < MaxCommits);
        return count / Clock.Seconds(Clock.Now - from);
    }
}
