using System.Diagnostics.Metrics;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Server.Transports;

namespace Hubbub.Server.Operations;

/// <summary>What this node carries, as metrics of the meter <c>Hubbub</c>: what an autoscaler goes by. Read only when somebody collects them.</summary>
internal sealed class NodeMetrics
{
    public NodeMetrics(Connections connections, Hub hub, Appender appender, IMeterFactory meters)
    {
        var meter = meters.Create(BrokerMetrics.MeterName);
        meter.CreateObservableGauge("hubbub.connections", () => connections.Count, "{connection}", "Live connections: sockets, streams and waiting polls.");
        meter.CreateObservableGauge("hubbub.rooms", () => hub.LiveRooms, "{room}", "Rooms with a lane on this node.");
        meter.CreateObservableCounter("hubbub.events.stored", () => appender.Stored, "{event}", "Stored by this node since its start.");
    }
}
