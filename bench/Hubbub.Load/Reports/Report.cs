using System.Globalization;
using System.Text.Json.Serialization;
using Hubbub.Load.Figures;

namespace Hubbub.Load.Reports;

/// <summary>One thing that had to hold, and the figure or the sentence that shows whether it did.</summary>
public sealed record Check(string Name, bool Held, string Detail);

/// <summary>
/// A latency distribution in milliseconds; each percentile is at most 0.8 % above the true one, the maximum is exact.
/// </summary>
public sealed record LatencyFigures(long Count, double Mean, double P50, double P90, double P99, double P999, double Max)
{
    public static LatencyFigures Of(LatencyHistogram histogram) => new(
        histogram.Count,
        Milliseconds(histogram.Mean),
        Milliseconds(histogram.Percentile(50)),
        Milliseconds(histogram.Percentile(90)),
        Milliseconds(histogram.Percentile(99)),
        Milliseconds(histogram.Percentile(99.9)),
        Milliseconds(histogram.Max));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"p50 {P50:0.00}  p90 {P90:0.00}  p99 {P99:0.00}  p99.9 {P999:0.00}  max {Max:0.00} ms");

    private static double Milliseconds(double nanoseconds) => Math.Round(nanoseconds / 1e6, 3);
}

/// <summary>
/// Processor seconds within the measured time; the server's are null where its process cannot be seen, the machine's are
/// those of everybody, the kernel included.
/// </summary>
public sealed record CpuFigures(
    int? ServerPid, bool ServerFoundByPort, double WallSeconds, double? ServerSeconds, double GeneratorSeconds, double MachineSeconds)
{
    internal static CpuFigures Of(ServerProcess? server, CpuSpan span) => new(
        server?.Id, server?.Found ?? false, Math.Round(span.WallSeconds, 3),
        span.ServerSeconds is { } seconds ? Math.Round(seconds, 2) : null, Math.Round(span.GeneratorSeconds, 2),
        Math.Round(span.MachineSeconds, 2));

    internal IEnumerable<(string Name, string Figure)> Rows =>
    [
        ("server CPU", ServerSeconds is { } seconds
            ? $"{Share(seconds)} (process {ServerPid}{(ServerFoundByPort ? ", which listens at the port" : "")})"
            : "unknown: the server's process was not named and cannot be seen from here"),
        ("generator CPU", Share(GeneratorSeconds)),
        ("all else on the machine", ServerSeconds is null ? "unknown" : Share(Math.Max(0, MachineSeconds - ServerSeconds.Value - GeneratorSeconds))),
    ];

    private string Share(double seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{seconds:0.00} s, {seconds / WallSeconds:P0} of a core");
}

/// <summary>The disk by itself, without a server; or the store that the nodes share, without them.</summary>
public sealed record DiskFigures(string Method, string Folder, string FileSystem, double CommitsPerSecond)
{
    internal static DiskFigures Of(CommitRate rate) => new(
        CommitRate.Method, rate.Folder, new DriveInfo(rate.Folder).DriveFormat, Math.Round(rate.Median, 1));

    internal static DiskFigures OfStore(IReadOnlyCollection<double> rates) => new(
        "one session that changes one row again and again", "", "", Math.Round(CommitRate.Middle(rates), 1));

    public override string ToString() => Folder.Length == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{CommitsPerSecond:#,0} commits/s ({Method})")
        : string.Create(CultureInfo.InvariantCulture, $"{CommitsPerSecond:#,0} commits/s ({Method}, {FileSystem}, {Folder})");
}

/// <summary>What every scenario reports. <see cref="Rows"/> is the same for people.</summary>
public abstract record Report
{
    public abstract string Scenario { get; }

    public required Machine Machine { get; init; }

    public required string Target { get; init; }

    public required IReadOnlyList<Check> Checks { get; init; }

    public bool Passed => Checks.All(check => check.Held);

    [JsonIgnore]
    internal abstract IEnumerable<(string Name, string Figure)> Rows { get; }

    private protected static string Counts(IReadOnlyDictionary<string, long> refusals) =>
        refusals.Count == 0 ? "none" : string.Join(", ", refusals.Select(pair => Text($"{pair.Value:#,0} {pair.Key}")));

    private protected static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
