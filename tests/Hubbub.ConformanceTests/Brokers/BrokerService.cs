using Hubbub.Brokers;
using Hubbub.Core.Broker;
using Hubbub.LocalCluster.Services;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hubbub.ConformanceTests.Brokers;

/// <summary>A real broker for the tests of one kind, which take turns: some of them kill it. Every test is a cluster of its own on it.</summary>
public abstract class BrokerService : IAsyncLifetime
{
    private static int _clusters;

    public ServiceProcess Process { get; private set; } = null!;

    /// <summary>A URL with user and password, to which <c>?cluster=</c> may be added.</summary>
    public abstract string Url { get; }

    /// <summary>The same with a password that is wrong, and the password.</summary>
    public abstract (string Url, string Password) WrongUrl { get; }

    public async Task InitializeAsync() => Process = await StartAsync();

    public async Task DisposeAsync() => await Process.DisposeAsync();

    /// <summary>The URL of a cluster that no other test has.</summary>
    public string NewCluster() => InCluster(Url, NewName());

    public static string InCluster(string url, string cluster) => $"{url}?cluster={cluster}";

    public static string NewName() => $"test{Interlocked.Increment(ref _clusters)}";

    /// <summary>A node's end, not running yet.</summary>
    public abstract IBroker Open(string url, BrokerOptions options, ILogger logger);

    /// <summary>Sends bytes to a room's topic, as another program could.</summary>
    public abstract Task SendAsync(string cluster, string topic, byte[] payload);

    protected abstract Task<ServiceProcess> StartAsync();
}
