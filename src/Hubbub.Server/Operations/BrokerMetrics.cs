using System.Diagnostics.Metrics;
using Hubbub.Core.Broker;

namespace Hubbub.Server.Operations;

/// <summary>How the node stands with its broker, as metrics of the meter <c>Hubbub</c>; read only when somebody collects them.</summary>
internal sealed class BrokerMetrics
{
    public const string MeterName = "Hubbub";

    public BrokerMetrics(IBroker broker, IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("hubbub.broker.state", () => (int)broker.Status.State, description: "0 up; 1 suspect: pings do not come back; 2 down: rooms live on the sweep.");
        meter.CreateObservableCounter("hubbub.broker.announcements.sent", () => broker.Status.Sent, "{announcement}", "Handed to the broker.");
        meter.CreateObservableCounter("hubbub.broker.announcements.dropped", () => broker.Status.Dropped, "{announcement}", "Not sent: the queue was full, or the connection broke.");
        meter.CreateObservableCounter("hubbub.broker.announcements.received", () => broker.Status.Received, "{announcement}", "Of other nodes, about rooms served here.");
        meter.CreateObservableCounter("hubbub.broker.reconnects", () => broker.Status.Reconnects, "{reconnect}", "How often the broker came back.");
    }
}
