using System.CommandLine;
using System.Globalization;
using Hubbub.Brokers;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Server.Api;
using Hubbub.Server.Auth;
using Hubbub.Server.Operations;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Logging.Console;

namespace Hubbub.Server.Commands;

/// <summary><c>hubbub serve</c>: one node.</summary>
internal static class ServeCommand
{
    public const string Name = "serve";

    private const string DefaultUrl = "http://localhost:5080";

    private static readonly Option<string> Urls = new("--urls") { Description = $"Where to listen, separated by ';' (default {DefaultUrl}).", HelpName = "url" };
    private static readonly Option<string> Data = new("--data") { Description = "Folder of the database and the signing key (default ./data).", HelpName = "folder" };
    private static readonly Option<string> Store = new("--store")
    {
        Description = "sqlite: durable (default); postgres://user:password@host:port/database: shared by several nodes; memory: gone when the process ends.",
        HelpName = "store",
    };

    private static readonly Option<string> SigningKey = new("--signing-key")
    {
        Description = "A file with the signing key (default: the data folder's, or the shared database's).",
        HelpName = "file",
    };

    private static readonly Option<string> Broker = new("--broker")
    {
        Description = "What carries announcements between nodes. auto: the store's database where nodes share it, else none (default); or redis://:password@host:port,…, amqp://user:password@host:port, postgres://user:password@host:port/database. Passwords are better kept in the environment (Hubbub__Broker).",
        HelpName = "url",
    };

    private static readonly Option<bool?> Guests = new("--guests") { Description = "Whether people without an account may come in (default true)." };
    private static readonly Option<bool?> CreateRooms = new("--create-rooms") { Description = "Whether the first to use a room creates it (default true)." };
    private static readonly Option<string[]> AllowOrigin = new("--allow-origin")
    {
        Description = "An origin whose pages may use this server besides its own, e.g. https://chat.example.org. May be given several times.",
        HelpName = "origin",
    };
    private static readonly Option<string> Jwks = new("--jwks") { Description = "A JWKS file with the keys of your application's tokens.", HelpName = "file" };

    private static readonly Option<string> Carrier = new("--carrier")
    {
        Description = "What carries WebSockets. auto: epoll loops on Linux for plain text, streams for the rest (default); loop: the same, or refuse to start; stream: streams for all.",
    };

    private static readonly Option<string> Io = new("--io")
    {
        Description = "How loops write to many listeners. auto: through io_uring where the kernel permits it, else one by one (default); uring: the same, or refuse to start; send: one by one.",
    };

    private static readonly Option<bool?> Deflate = new("--deflate") { Description = "Whether WebSocket messages may be compressed: less traffic for more work (default false)." };

    private static readonly Option<string> Role = new("--role")
    {
        Description = "What this node does of a cluster. all: everything (default); api: writes and queries; gateway: live connections.",
    };

    private static readonly Option<string> NodeUrl = new("--node-url")
    {
        Description = "Where clients reach this very node, if they can: /api/connect then sends them there. Without it only a balancer knows the way.",
        HelpName = "url",
    };

    private static readonly Option<string> DrainWindow = new("--drain-window")
    {
        Description = "Over how many seconds a stopping node of several spreads its clients' moves to the others, at most (default 10).",
        HelpName = "seconds",
    };

    private static readonly Option<string> OperatorToken = new("--operator-token")
    {
        Description = "The bearer token of an operator's requests to /api/nodes (default: nobody's are taken). Better kept in the environment (Hubbub__OperatorToken).",
        HelpName = "token",
    };

    private static readonly Option<string> MaxFileSize = new("--max-file-size")
    {
        Description = "The largest file that somebody may upload, e.g. 500KB, 25MB or 1GB (default 25MB, at most 1GB). 0: nobody uploads anything.",
        HelpName = "size",
    };

    public static Command Make()
    {
        MaxFileSize.Validators.Add(result =>
        {
            if (Bytes(result.Tokens[0].Value) is null)
                result.AddError("--max-file-size is a number of bytes, or one with KB, MB or GB behind it, up to 1GB.");
        });
        Role.AcceptOnlyFromAmong("all", "api", "gateway");
        DrainWindow.Validators.Add(result =>
        {
            if (Seconds(result.Tokens[0].Value) is null)
                result.AddError("--drain-window is a number of seconds, from 0 to 300.");
        });
        Carrier.AcceptOnlyFromAmong("auto", "loop", "stream");
        Io.AcceptOnlyFromAmong("auto", "send", "uring");
        var command = new Command(Name, "Serves chat: the page, the API, WebSocket, SSE and polling. Every other setting: docs/operations.md.")
        {
            Urls, Data, Store, Broker, SigningKey, Guests, CreateRooms, AllowOrigin, Jwks, Carrier, Io, Deflate, Role, NodeUrl, DrainWindow,
            OperatorToken, MaxFileSize,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        try
        {
            var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
            builder.Configuration.AddInMemoryCollection(Settings(parsed, builder.Configuration));
            builder.Logging.ClearProviders().AddConsole(console => console.FormatterName = StoryFormatter.Title);
            builder.Services.AddSingleton<ConsoleFormatter, StoryFormatter>();
            builder.Logging.AddFilter("Microsoft", LogLevel.Warning);

            // Nobody reads scopes or the ids of requests, and a connection would hold its own, some 700 bytes, as long as it lives.
            builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
            builder.Services.Configure<LoggerFilterOptions>(filter => filter.CaptureScopes = false);

            // For https addresses, whose certificate is in Kestrel's own configuration.
            builder.WebHost.UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;

                // 128 rooms of 64 characters, each with its position, fit into one question.
                kestrel.Limits.MaxRequestLineSize = 16 * 1024;
                kestrel.Limits.MaxRequestBodySize = Body.MaxBytes;
                kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            });
            builder.AddHubbub();
            await using var app = builder.Build();
            app.MapHubbub();
            app.MapHubbubPage();
            await app.StartAsync(ct);
            SayWhere(app);
            await app.WaitForShutdownAsync(ct);
            return 0;
        }
        catch (Exception e) when (Explain(e) is { } sentence)
        {
            await Console.Error.WriteLineAsync($"hubbub: {sentence}");
            return 1;
        }
    }

    /// <summary>What was said on the command line wins over the environment and files.</summary>
    private static Dictionary<string, string?> Settings(ParseResult parsed, ConfigurationManager configuration)
    {
        var settings = new Dictionary<string, string?>();
        Set("urls", parsed.GetValue(Urls) ?? configuration["urls"] ?? DefaultUrl);
        Set($"{HubbubOptions.Section}:{nameof(HubbubOptions.Data)}", parsed.GetValue(Data));
        Set($"{HubbubOptions.Section}:{nameof(HubbubOptions.Store)}", parsed.GetValue(Store));
        Set($"{HubbubOptions.Section}:{nameof(HubbubOptions.SigningKeyFile)}", parsed.GetValue(SigningKey));
        Set($"{HubbubOptions.Section}:{nameof(HubbubOptions.Broker)}", parsed.GetValue(Broker));
        Set($"{HubbubOptions.Section}:{nameof(HubbubOptions.Carrier)}", parsed.GetValue(Carrier));
        Set($"{HubbubOptions.Section}:{nameof(HubbubOptions.Io)}", parsed.GetValue(Io));
        Set($"{HubbubOptions.Section}:{nameof(HubbubOptions.Deflate)}", parsed.GetValue(Deflate)?.ToString());
        Set($"{HubbubOptions.Section}:{nameof(HubbubOptions.CreateRooms)}", parsed.GetValue(CreateRooms)?.ToString());
        Set($"{HubbubOptions.Section}:{nameof(HubbubOptions.Role)}", parsed.GetValue(Role));
        Set($"{HubbubOptions.Section}:{nameof(HubbubOptions.NodeUrl)}", parsed.GetValue(NodeUrl));
        Set($"{HubbubOptions.Section}:{nameof(HubbubOptions.DrainWindow)}", parsed.GetValue(DrainWindow) is { } window ? Seconds(window)?.ToString() : null);
        Set($"{HubbubOptions.Section}:{nameof(HubbubOptions.OperatorToken)}", parsed.GetValue(OperatorToken));
        Set($"{HubbubOptions.Section}:{nameof(HubbubOptions.MaxFileSize)}", parsed.GetValue(MaxFileSize) is { } size ? Bytes(size)?.ToString(CultureInfo.InvariantCulture) : null);
        Set($"{TokenOptions.Section}:{nameof(TokenOptions.AllowGuests)}", parsed.GetValue(Guests)?.ToString());
        Set($"{TokenOptions.Section}:{nameof(TokenOptions.JwksFile)}", parsed.GetValue(Jwks));
        var origins = parsed.GetValue(AllowOrigin) ?? [];
        for (var i = 0; i < origins.Length; i++)
            Set($"{OriginOptions.Section}:{nameof(OriginOptions.AllowedOrigins)}:{i}", origins[i]);
        return settings;

        void Set(string name, string? value)
        {
            if (value is not null)
                settings[name] = value;
        }
    }

    private static TimeSpan? Seconds(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and <= 300 ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>A size with or without a unit, each 1024 times the one before.</summary>
    private static long? Bytes(string text)
    {
        var unit = Array.FindIndex(["KB", "MB", "GB"], u => text.EndsWith(u, StringComparison.OrdinalIgnoreCase));
        return long.TryParse(unit < 0 ? text : text[..^2], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= (1L << 30) >> (10 * (unit + 1))
            ? number << (10 * (unit + 1))
            : null;
    }

    private static void SayWhere(WebApplication app)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        foreach (var address in addresses)
            Console.WriteLine($"Hubbub is ready. Open {address.Replace("[::]", "localhost", StringComparison.Ordinal).Replace("0.0.0.0", "localhost", StringComparison.Ordinal)}");
    }

    private static string? Explain(Exception e) => e switch
    {
        StoreException or BrokerUrlException or AuthSetupException or NodeSetupException or PlatformNotSupportedException => e.Message,
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } =>
            $"{e.Message} Another program listens there; choose another address with --urls.",
        _ => null,
    };
}
