using Hubbub.Brokers;
using Hubbub.Core.Broker;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hubbub.ConformanceTests.Brokers;

/// <summary>The contract with a real broker between the nodes.</summary>
public abstract class NetworkBrokerConformance(BrokerService service) : BrokerContract
{
    private readonly string _url = service.NewCluster();

    protected override Task<IBroker> ConnectAsync() => Task.FromResult(service.Open(_url, new BrokerOptions(), NullLogger.Instance));
}
