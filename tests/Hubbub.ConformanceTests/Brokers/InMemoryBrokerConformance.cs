using Hubbub.Core.Broker;

namespace Hubbub.ConformanceTests.Brokers;

public sealed class InMemoryBrokerConformance : BrokerContract
{
    private readonly InMemoryBroker.Exchange _exchange = new();

    protected override bool TakesEffectLater => false;

    protected override Task<IBroker> ConnectAsync() => Task.FromResult<IBroker>(_exchange.Connect());
}
