namespace Hubbub.Load.Reports;

public sealed record FanoutReport : Report
{
    public override string Scenario => "fanout";
    public required string Mode { get; init; }
    public required string Via { get; init; }
    public required int Listeners { get; init; }
    public required int MessageBytes { get; init; }
    public required ulong Seed { get; init; }
    public required double Seconds { get; init; }
    public required double WarmUpSeconds { get; init; }
    public required double? RatePerSecond { get; init; }

    /// <summary>Acknowledged in all, warm-up included; every listener must get each.</summary>
    public required long Posts { get; init; }
    public required long Deliveries { get; init; }
    public required double DeliveriesPerSecond { get; init; }

    /// <summary>From the moment a post was due to its arrival at a listener.</summary>
    public required LatencyFigures Latency { get; init; }

    /// <summary>From the moment a post was due to its sending: the generator's own share of the latency.</summary>
    public required LatencyFigures SendDelay { get; init; }

    /// <summary>From the moment a post was due to its acknowledgement.</summary>
    public required LatencyFigures Acknowledgement { get; init; }
    public required IReadOnlyDictionary<string, long> Refusals { get; init; }
    public required CpuFigures Cpu { get; init; }
    public required double? ServerMicrosecondsPerDelivery { get; init; }
    public required IdleFigures? Idle { get; init; }

    internal override IEnumerable<(string Name, string Figure)> Rows =>
    [
        ("load", Text($"{Pace} over {Via}, {Listeners} listeners, {MessageBytes} bytes, {Times}, seed {Seed}")),
        ("deliveries", Text($"{DeliveriesPerSecond:#,0} /s ({Deliveries:#,0})")),
        ("delivery latency", Latency.ToString()),
        .. Mode == "open" ? [("of it, sending late", SendDelay.ToString())] : Array.Empty<(string, string)>(),
        ("acknowledgement", Acknowledgement.ToString()),
        ("refusals", Counts(Refusals)),
        ("server CPU per delivery", ServerMicrosecondsPerDelivery is { } each ? Text($"{each:0.00} µs") : "unknown"),
        .. Cpu.Rows,
        .. Idle?.Rows ?? [],
    ];

    private string Pace => RatePerSecond is { } rate ? Text($"{Mode} loop at {rate:0.##} posts/s") : $"{Mode} loop";

    private string Times => Text($"{Seconds:0.#} s after {WarmUpSeconds:0.#} s");
}
