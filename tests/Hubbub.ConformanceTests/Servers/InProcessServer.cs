using System.Net;
using System.Security.Cryptography.X509Certificates;
using Hubbub.Core.Broker;
using Hubbub.Server;
using Hubbub.Server.Auth;
using Hubbub.TestKit;
using Hubbub.TestKit.Clients;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hubbub.ConformanceTests.Servers;

/// <summary>A node in the test's own process, on a port of its own, composed as any application composes it: AddHubbub and MapHubbub.</summary>
internal sealed class InProcessServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SharedStore? _ownStore;

    private InProcessServer(WebApplication app, SharedStore? ownStore, RecordedLog log)
    {
        _app = app;
        _ownStore = ownStore;
        Log = log;
        Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public Uri Url { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>What the node has logged from warnings on.</summary>
    public RecordedLog Log { get; }

    public static async Task<InProcessServer> StartAsync(Action<InProcessSettings>? configure = null)
    {
        var settings = new InProcessSettings();
        configure?.Invoke(settings);
        var ownStore = settings.Store is null ? SharedStore.InMemory(settings.Time) : null;
        var store = settings.Store ?? ownStore!;
        var log = new RecordedLog();

        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(settings.Configuration);
        if (settings.Certificate is { } certificate)
            builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        else
            builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Warning);
        if (settings.Time is not null)
            builder.Services.AddSingleton(settings.Time);
        builder.AddHubbub(options =>
        {
            options.Store = "memory";
            options.Broker = settings.Broker ?? "auto";
            options.Deflate = Variant.Deflate;

            // Plain clients do not move: a node that stops beside others waits for them as long as that.
            options.DrainDeadline = TimeSpan.FromMilliseconds(100);
            settings.Options?.Invoke(options);
        });

        // The later registration wins: the node uses what is shared, not what it would open for itself.
        builder.Services.AddSingleton(store.Log);
        builder.Services.AddSingleton(store.Directory);
        builder.Services.AddSingleton(store.People);
        builder.Services.AddSingleton(store.Messages);
        builder.Services.AddSingleton(store.Search);
        builder.Services.AddSingleton(store.Files);
        builder.Services.AddSingleton(store.Key);
        builder.Services.AddSingleton(store.Nodes);
        if (settings.Broker is null)
            builder.Services.AddSingleton<IBroker>(_ => store.Exchange.Connect());
        builder.Services.Configure<TokenOptions>(tokens => settings.Tokens?.Invoke(tokens));
        builder.Services.Configure<AccountOptions>(accounts =>
        {
            // As cheap as a password may be: what the tests ask about it is not the cost.
            accounts.HashIterations = 1_000;
            settings.Accounts?.Invoke(accounts);
        });
        builder.Services.Configure<OriginOptions>(origins =>
        {
            foreach (var origin in settings.AllowedOrigins)
                origins.AllowedOrigins.Add(origin);
        });
        settings.Services?.Invoke(builder.Services);

        var app = builder.Build();
        app.MapHubbub();
        await app.StartAsync();
        return new InProcessServer(app, ownStore, log);
    }

    /// <summary>A new guest's view of this server.</summary>
    public Task<HttpApi> GuestAsync(string name = "Guest") => HttpApi.GuestAsync(Url, name);

    /// <summary>Nobody's view of this server.</summary>
    public HttpApi Nobody() => new(Url);

    /// <summary>Stops in good order, as at a deploy.</summary>
    public Task StopAsync() => _app.StopAsync();

    /// <summary>Completes when the node stops, of itself or because it was told to.</summary>
    public CancellationToken Stopping => _app.Lifetime.ApplicationStopping;

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        if (_ownStore is not null)
            await _ownStore.DisposeAsync();
    }
}

/// <summary>What a test wants to be otherwise.</summary>
internal sealed class InProcessSettings
{
    /// <summary>A store that outlives the server or is shared by several; null: a new one in memory.</summary>
    public SharedStore? Store { get; set; }

    /// <summary>The URL of a real broker; null: the store's own exchange, in this process.</summary>
    public string? Broker { get; set; }

    public TimeProvider? Time { get; set; }

    public Action<HubbubOptions>? Options { get; set; }

    public Action<TokenOptions>? Tokens { get; set; }

    public Action<AccountOptions>? Accounts { get; set; }

    public IList<string> AllowedOrigins { get; } = [];

    public Dictionary<string, string?> Configuration { get; } = [];

    /// <summary>With one the server speaks TLS, and nothing else; as the run says by default.</summary>
    public X509Certificate2? Certificate { get; set; } = Variant.Tls ? TestCertificate.Shared : null;

    /// <summary>Replaces services, after everything else was registered.</summary>
    public Action<IServiceCollection>? Services { get; set; }
}
