using Hubbub.Compare.Peers;

namespace Hubbub.Compare.Scenarios;

/// <summary>What TLS adds: a closed loop over one room, then idle connections on a server that is fresh again, both with TLS 1.3.</summary>
internal sealed record TlsScenario : Scenario
{
    private readonly FanoutScenario _fanout;
    private readonly IdleScenario _idle;

    public TlsScenario(FanoutScenario fanout, IdleScenario idle)
        : base('F', $"with TLS 1.3: {fanout.Title}, then {idle.Title}")
    {
        _fanout = fanout with { OverTls = true };
        _idle = idle with { OverTls = true };
        OverTls = true;
        Columns = [.. _fanout.Columns, Figure.BytesPerConnection];
    }

    public override IReadOnlyList<Figure> Columns { get; }

    public override int Connections => Math.Max(_fanout.Connections, _idle.Connections);

    public override async Task<SortedDictionary<string, double>> RunAsync(
        IPeer peer, string root, Action<string> stage, CancellationToken cancel)
    {
        var figures = await _fanout.RunAsync(peer, root, stage, cancel);
        foreach (var (name, value) in await _idle.RunAsync(peer, root, stage, cancel))
            figures.Add(name, value);
        return figures;
    }
}
