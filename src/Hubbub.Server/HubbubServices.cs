using Hubbub.Core.Broker;
using Hubbub.Core.Cluster;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Core.Search;
using Hubbub.Protocol;
using Hubbub.Server.Api;
using Hubbub.Server.Auth;
using Hubbub.Server.Files;
using Hubbub.Server.Operations;
using Hubbub.Server.Transports;
using Hubbub.Server.Transports.Http;
using Hubbub.Server.Transports.Loops;
using Hubbub.Server.Transports.WebSockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Hubbub.Server;

/// <summary>Hubbub as services of an ASP.NET Core application.</summary>
public static class HubbubServices
{
    /// <summary>Adds a node: store, log, hub, rooms, authentication and transports, configured by section <c>Hubbub</c> and then by <paramref name="configure"/>.</summary>
    public static WebApplicationBuilder AddHubbub(this WebApplicationBuilder builder, Action<HubbubOptions>? configure = null)
    {
        var services = builder.Services;
        services.AddOptions<HubbubOptions>().BindConfiguration(HubbubOptions.Section);
        if (configure is not null)
            services.Configure(configure);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<HubbubOptions>>().Value);
        services.TryAddSingleton(TimeProvider.System);
        services.AddStore();
        services.AddRooms();
        services.AddSearch();
        services.AddHubbubAuth(SigningKeyOf);
        builder.AddOpenId();
        services.AddTransports();
        services.AddCluster();
        services.AddSingleton<BrokerMetrics>();
        services.AddSingleton<NodeMetrics>();
        services.AddHostedService<Node>();
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.AddOpenApi();
        services.AddCors();
        services.Configure<JsonOptions>(json => json.SerializerOptions.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
        return builder;
    }

    private static void AddStore(this IServiceCollection services)
    {
        services.AddSingleton<OpenStore>();
        services.AddSingleton(provider => provider.GetRequiredService<OpenStore>().Log);
        services.AddSingleton(provider => provider.GetRequiredService<OpenStore>().Directory);
        services.AddSingleton(provider => provider.GetRequiredService<OpenStore>().People);
        services.AddSingleton(provider => provider.GetRequiredService<OpenStore>().Messages);
        services.AddSingleton(provider => provider.GetRequiredService<OpenStore>().Search);
        services.AddSingleton(provider => provider.GetRequiredService<OpenStore>().Files);
        services.AddSingleton(provider => OpenBroker.For(
            provider.GetRequiredService<HubbubOptions>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<IBroker>>()));
    }

    private static void AddRooms(this IServiceCollection services)
    {
        services.AddSingleton(provider => provider.GetRequiredService<HubbubOptions>().ForHub());
        services.AddSingleton(provider => provider.GetRequiredService<HubbubOptions>().ForAppender());
        services.AddSingleton(provider => provider.GetRequiredService<HubbubOptions>().ForRooms());
        services.AddSingleton<Func<Epoch>>(_ => Epochs.Draw);
        services.AddSingleton<Hub>();
        services.AddSingleton<Delivery>();
        services.AddSingleton<Appender>();
        services.AddSingleton<RoomAccess>();
        services.AddSingleton<RoomRegistry>();
        services.AddSingleton<Mentions>();
        services.AddSingleton<Conversation>();
        services.AddSingleton<Messages>();
        services.AddSingleton(provider => provider.GetRequiredService<HubbubOptions>().ForUploads());
        services.AddSingleton<Uploads>();
        services.AddSingleton<FileSweep>();
        services.AddSingleton<Members>();
        services.AddSingleton<DirectRooms>();
        services.AddSingleton<Reports>();
        services.AddSingleton<ReadMarks>();
        services.AddSingleton<Invitations>();
    }

    private static void AddSearch(this IServiceCollection services)
    {
        services.AddSingleton(provider =>
        {
            var indexer = new Indexer(
                provider.GetRequiredService<IRoomLog>(), provider.GetRequiredService<ISearch>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<Indexer>>());
            provider.GetRequiredService<Delivery>().Committed += indexer.Note;
            return indexer;
        });
        services.AddSingleton<Searching>();
        services.AddSingleton<SearchMetrics>();
    }

    private static void AddCluster(this IServiceCollection services)
    {
        services.AddSingleton(provider => provider.GetRequiredService<OpenStore>().Nodes());
        services.AddSingleton<ThisNode>();
        services.AddSingleton(provider => new Heartbeat(
            provider.GetRequiredService<INodeRegistry>(), provider.GetRequiredService<ThisNode>().Status, provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Heartbeat>>()));
        services.AddSingleton<Departures>();
        services.AddSingleton<Drain>();
        services.AddSingleton<Rebalancer>();

        // A stop takes as long as the drain, and then what it took before.
        services.AddOptions<HostOptions>().PostConfigure<HubbubOptions>((host, options) => host.ShutdownTimeout += Drain.AtMost(options));
    }

    private static void AddTransports(this IServiceCollection services)
    {
        services.AddSingleton<Admission>();
        services.AddSingleton<Connections>();
        services.AddSingleton<ActServices>();
        services.AddSingleton<WebSocketEndpoint>();
        services.AddSingleton(provider => new LoopServices(
            provider.GetRequiredService<Hub>(),
            provider.GetRequiredService<Connections>(),
            provider.GetRequiredService<ActServices>(),
            provider.GetRequiredService<IConfiguration>().GetValue<bool>(LoopServices.ProxySetting),
            provider.GetRequiredService<ILogger<LoopConnection>>()));
        services.AddSingleton<LoopCarrier>();
        services.AddSingleton<IConnectionListenerFactory>(provider => provider.GetRequiredService<LoopCarrier>());
        services.AddSingleton<Poll>();
        services.AddSingleton<EventsEndpoints>();
        services.AddSingleton<CallerMiddleware>();
    }

    private static SigningKey SigningKeyOf(IServiceProvider provider)
    {
        // The store makes the folder, and refuses one that cannot be used with a better sentence.
        var store = provider.GetRequiredService<OpenStore>();
        var options = provider.GetRequiredService<HubbubOptions>();
        var logger = provider.GetRequiredService<ILogger<SigningKey>>();
        if (options.SigningKeyFile is { Length: > 0 } file)
            return SigningKey.FromFile(file, logger);
        if (options.Store == OpenStore.Memory)
            return SigningKey.InMemory();
        return store.SharedKey() ?? SigningKey.LoadOrMake(options.Data, logger);
    }
}
