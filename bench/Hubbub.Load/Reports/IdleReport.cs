namespace Hubbub.Load.Reports;

/// <summary>What idle connections cost the server. Socket buffers belong to the kernel and are in no process's memory.</summary>
public sealed record IdleFigures(
    int Connections, int Rooms, int Counted, long? ResidentBefore, long? ResidentAfter, double OpenedPerSecond)
{
    /// <summary>
    /// Growth of resident memory over the connections opened between the two readings; null where the process cannot be seen.
    /// </summary>
    public double? BytesPerConnection =>
        ResidentAfter - ResidentBefore is { } grown && Counted > 0 ? Math.Round(grown / (double)Counted, 0) : null;

    internal IEnumerable<(string Name, string Figure)> Rows =>
    [
        ("idle connections", Text($"{Connections:#,0} in {Rooms:#,0} {(Rooms == 1 ? "room" : "rooms")}, opened at {OpenedPerSecond:#,0} /s")),
        ("memory per idle connection", BytesPerConnection is { } bytes
            ? Text($"{bytes:#,0} bytes (resident {ResidentBefore / 1e6:0.0} → {ResidentAfter / 1e6:0.0} MB over {Counted:#,0})")
            : "unknown: the server's process was not named and cannot be seen from here"),
    ];

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}

public sealed record IdleReport : Report
{
    public override string Scenario => "idle";
    public required IdleFigures Idle { get; init; }
    public required double HeldSeconds { get; init; }

    /// <summary>While the connections were held.</summary>
    public required CpuFigures Cpu { get; init; }

    internal override IEnumerable<(string Name, string Figure)> Rows =>
    [
        .. Idle.Rows,
        ("held", Text($"{HeldSeconds:0.#} s")),
        .. Cpu.Rows,
    ];
}
