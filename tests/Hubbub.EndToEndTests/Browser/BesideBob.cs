using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;

namespace Hubbub.EndToEndTests.Browser;

/// <summary>A server of their own for tests of one page, and Bob, who talks there without a browser.</summary>
public abstract class BesideBob : IAsyncLifetime
{
    private protected ServerProcess Server { get; private set; } = null!;

    private protected HttpApi Bob { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = await ServerProcess.StartAsync();
        Bob = await HttpApi.GuestAsync(Server.Url, "Bob");
    }

    public async Task DisposeAsync()
    {
        Bob.Dispose();
        await Server.DisposeAsync();
    }
}
