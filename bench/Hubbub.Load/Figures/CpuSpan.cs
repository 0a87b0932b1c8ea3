using Hubbub.Load.Loop;

namespace Hubbub.Load.Figures;

/// <summary>Processor time spent between two moments by the server (where it can be seen) and by this generator.</summary>
internal sealed class CpuSpan
{
    private readonly ServerProcess? _server;
    private readonly long _from = Clock.Now;
    private readonly double? _serverFrom;
    private readonly double _generatorFrom;

    private CpuSpan(ServerProcess? server)
    {
        _server = server;
        _serverFrom = server?.CpuSeconds();
        _generatorFrom = Environment.CpuUsage.TotalTime.TotalSeconds;
    }

    public double WallSeconds { get; private set; }

    public double? ServerSeconds { get; private set; }

    public double GeneratorSeconds { get; private set; }

    public static CpuSpan Begin(ServerProcess? server) => new(server);

    public void Finish()
    {
        WallSeconds = Clock.Seconds(Clock.Now - _from);
        ServerSeconds = _server?.CpuSeconds() - _serverFrom;
        GeneratorSeconds = Environment.CpuUsage.TotalTime.TotalSeconds - _generatorFrom;
    }
}
