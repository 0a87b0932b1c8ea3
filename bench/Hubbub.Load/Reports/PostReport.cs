namespace Hubbub.Load.Reports;

public sealed record PostReport : Report
{
    public override string Scenario => "post";
    /// <summary>What the clients offered together; null if each posted as fast as it was acknowledged.</summary>
    public double? OfferedPerSecond { get; init; }
    public required string Via { get; init; }
    public required int Clients { get; init; }
    public required int Rooms { get; init; }
    public required int MessageBytes { get; init; }
    public required ulong Seed { get; init; }
    public required double Seconds { get; init; }
    public required double WarmUpSeconds { get; init; }

    /// <summary>Acknowledged within the measured time; each is durable by the server's promise.</summary>
    public required long Acknowledged { get; init; }
    public required double PostsPerSecond { get; init; }
    public required LatencyFigures Latency { get; init; }
    public required IReadOnlyDictionary<string, long> Refusals { get; init; }
    public required DiskFigures Disk { get; init; }

    /// <summary>Acknowledged posts for each commit that the bare disk could have made in the same time.</summary>
    public required double PostsPerBareCommit { get; init; }
    public required CpuFigures Cpu { get; init; }

    public double? ServerMicrosecondsPerPost =>
        Cpu.ServerSeconds is { } seconds && Acknowledged > 0 ? Math.Round(seconds * 1e6 / Acknowledged, 2) : null;

    internal override IEnumerable<(string Name, string Figure)> Rows =>
    [
        ("load", Text($"{Clients} clients over {Via}, {Rooms} rooms, {MessageBytes} bytes, {Times}, seed {Seed}")),
        .. OfferedPerSecond is { } offered ? [("offered", Text($"{offered:#,0} posts/s"))] : Array.Empty<(string, string)>(),
        ("acknowledged posts", Text($"{PostsPerSecond:#,0} /s ({Acknowledged:#,0})")),
        ("latency", Latency.ToString()),
        ("refusals", Counts(Refusals)),
        (Disk.Folder.Length == 0 ? "the store alone" : "the disk alone", Disk.ToString()),
        ("posts per bare commit", Text($"{PostsPerBareCommit:0.0}")),
        ("server CPU per post", ServerMicrosecondsPerPost is { } each ? Text($"{each:0.0} µs") : "unknown"),
        .. Cpu.Rows,
    ];

    private string Times => Text($"{Seconds:0.#} s after {WarmUpSeconds:0.#} s");
}
