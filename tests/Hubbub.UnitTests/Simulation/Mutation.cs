using Hubbub.Core.Broker;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.TestKit.Simulation;

namespace Hubbub.UnitTests.Simulation;

/// <summary>
/// A planted bug: the core's seams wrapped in something that breaks a promise, or an option that takes a safeguard away. The simulation must find each; this one is none.
/// One object per run, so that it may remember things.
/// </summary>
internal class Mutation
{
    /// <summary>Whether a carrier loses the ring that says that a full sink left something over.</summary>
    public virtual bool LosesRingsOfFullSinks => false;

    /// <summary>The log as a node sees it, faults and all.</summary>
    public virtual IRoomLog Wrap(IRoomLog log, Simulator sim) => log;

    public virtual IRoomDirectory Wrap(IRoomDirectory directory) => directory;

    public virtual IBroker Wrap(IBroker broker) => broker;

    public virtual IFrameSink Wrap(IFrameSink sink) => sink;

    public virtual IShard Wrap(IShard shard) => shard;

    /// <summary>What one connection is sent compressed, each payload as it comes.</summary>
    public virtual Func<byte[], byte[]> WrapCompressed() => static payload => payload;

    public virtual Scenario Change(Scenario scenario) => scenario;
}
