using Hubbub.Core.Broker;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;

namespace Hubbub.UnitTests.Simulation;

/// <summary>
/// A planted bug: the core's seams wrapped in something that breaks a promise, or an option that takes a safeguard away. The simulation must find each; this one is none.
/// </summary>
internal record Mutation
{
    public static readonly Mutation None = new();

    public virtual IRoomLog Wrap(IRoomLog log) => log;

    public virtual IBroker Wrap(IBroker broker) => broker;

    public virtual IFrameSink Wrap(IFrameSink sink) => sink;

    public virtual Scenario Change(Scenario scenario) => scenario;
}
