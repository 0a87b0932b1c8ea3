using Hubbub.Compare.Servers;
using Hubbub.Load.Figures;

namespace Hubbub.Compare.Scenarios;

/// <summary>What happened between the first post of a span and its last delivery.</summary>
/// <param name="Wall">Seconds.</param>
/// <param name="Cpu">Whose processor time, over slightly more than the wall.</param>
/// <param name="Deliveries">Messages heard by awaited listeners.</param>
/// <param name="Posts">Messages that all of them heard.</param>
/// <param name="WireBytes">Of WebSocket frames that carried messages.</param>
/// <param name="Latency">From handing a post to the kernel to reading it as a listener.</param>
internal sealed record Span(double Wall, CpuAccount.Reading Cpu, long Deliveries, long Posts, long WireBytes, LatencyHistogram Latency)
{
    public double Rate => Deliveries / Wall;

    /// <summary>Microseconds of server processor time, the kernel's network thread included, for each delivery.</summary>
    public double CpuPerDelivery => PerDelivery(Cpu.Server + Cpu.SoftInterrupts);

    public double PerDelivery(double seconds) => seconds * 1e6 / Deliveries;
}
