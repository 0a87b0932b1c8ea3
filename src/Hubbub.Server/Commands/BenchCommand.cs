using System.CommandLine;
using Hubbub.Load;
using Hubbub.Stores.Postgres;
using Spectre.Console;

namespace Hubbub.Server.Commands;

/// <summary><c>hubbub bench</c>: the load generator, a process of its own beside the server it loads.</summary>
internal static class BenchCommand
{
    private static readonly Option<Uri?> Url = new("--url")
    {
        Description = "The server to load, on a loopback address. Without it a server is started for the run, with its own folder.",
        HelpName = "url",
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url))
                return url;
            result.AddError($"'{result.Tokens[0].Value}' is not an address such as http://127.0.0.1:5080.");
            return null;
        },
    };
    private static readonly Option<string> Store = new("--store") { Description = "For the server started here: sqlite (default), memory, or postgres://user:password@host:port/database.", DefaultValueFactory = _ => "sqlite" };
    private static readonly Option<string> Data = new("--data") { Description = "The loaded server's data folder, where the disk's own commit rate is measured.", HelpName = "folder" };
    private static readonly Option<double> Seconds = new("--seconds") { Description = "How long to measure.", DefaultValueFactory = _ => 10 };
    private static readonly Option<double> WarmUp = new("--warm-up") { Description = "Seconds of load before measuring.", DefaultValueFactory = _ => 3 };
    private static readonly Option<int> Bytes = new("--bytes") { Description = "Length of a message's text.", DefaultValueFactory = _ => 128 };
    private static readonly Option<string> Via = new("--via") { Description = "How messages are posted: http or ws.", DefaultValueFactory = _ => "http" };
    private static readonly Option<bool> Json = new("--json") { Description = "Print one JSON object and nothing else." };
    private static readonly Option<string> JsonFile = new("--json-file") { Description = "Write the JSON object to a file too.", HelpName = "file" };

    private static readonly TimeSpan CommitsMeasured = TimeSpan.FromSeconds(1.5);

    public static Command Make() => new("bench", "Loads a server and checks what it promises while measuring.") { Post(), Fanout(), Idle(), SearchBench.Make(), ClusterBench.Make() };

    private static Command Post()
    {
        var clients = new Option<int>("--clients") { Description = "Clients, each posting again as soon as it is acknowledged.", DefaultValueFactory = _ => 64 };
        var rooms = new Option<int>("--rooms") { Description = "Rooms that the clients spread over.", DefaultValueFactory = _ => 8 };
        var nodes = new Option<int>("--nodes") { Description = "How many nodes to start on one PostgreSQL (--store); the clients spread over them.", DefaultValueFactory = _ => 1 };
        var rate = new Option<double>("--rate") { Description = "Posts a second that the clients offer together, each when it is due; 0: each again as soon as it is acknowledged.", DefaultValueFactory = _ => 0 };
        nodes.Validators.Add(result =>
        {
            var count = result.GetValueOrDefault<int>();
            if (count is < 1 or > 16)
                result.AddError("--nodes is a number from 1 to 16.");
            else if (count > 1 && !PostgresUrl.IsOne(result.GetValue(Store) ?? ""))
                result.AddError("Several nodes need a store that they share: --store postgres://user:password@host:port/database.");
        });
        var command = new Command("post", "Durable posts a second, with the commit rate of the disk alone, or of the database, beside them.")
        {
            clients, rooms, nodes, rate, Url, Store, Data, Seconds, WarmUp, Bytes, Via, Json, JsonFile,
        };
        command.SetAction((parsed, ct) => OwnServer.UseAsync(parsed.GetValue(Url), parsed.GetValue(Store)!, parsed.GetValue(nodes), parsed.GetValue(Data), server => Benchmark.PostAsync(
            new PostOptions
            {
                Target = server.Url,
                Others = server.Others,
                RatePerSecond = parsed.GetValue(rate),
                StoreCommitRate = CommitRateOf(parsed.GetValue(Store)!),
                Clients = parsed.GetValue(clients),
                Rooms = parsed.GetValue(rooms),
                Duration = TimeSpan.FromSeconds(parsed.GetValue(Seconds)),
                WarmUp = TimeSpan.FromSeconds(parsed.GetValue(WarmUp)),
                MessageBytes = parsed.GetValue(Bytes),
                Via = parsed.GetValue(Via)!,
                DataFolder = server.Data,
                ServerPid = server.Pid,
                Json = parsed.GetValue(Json),
                JsonFile = parsed.GetValue(JsonFile),
            },
            AnsiConsole.Console,
            ct), ct));
        return command;
    }

    private static Func<CancellationToken, Task<double>>? CommitRateOf(string store) =>
        PostgresUrl.IsOne(store) ? ct => PostgresCommits.MeasureAsync(PostgresUrl.Read(store), CommitsMeasured, ct) : null;

    private static Command Fanout()
    {
        var listeners = new Option<int>("--listeners") { Description = "Listeners of the one room.", DefaultValueFactory = _ => 1000 };
        var idle = new Option<int>("--idle") { Description = "Idle joined connections opened first, for the memory figure; 0 leaves it out.", DefaultValueFactory = _ => 10_000 };
        var mode = new Option<string>("--mode") { Description = "open: posts at a fixed rate; closed: the next post when all have the last.", DefaultValueFactory = _ => "open" };
        mode.AcceptOnlyFromAmong("open", "closed");
        var rate = new Option<double>("--rate") { Description = "Posts a second in the open mode.", DefaultValueFactory = _ => 50 };
        var command = new Command("fanout", "One room, many listeners: each must get every message, once and in order.")
        {
            listeners, idle, mode, rate, Url, Store, Data, Seconds, WarmUp, Bytes, Via, Json, JsonFile,
        };
        command.SetAction((parsed, ct) => OwnServer.UseAsync(parsed.GetValue(Url), parsed.GetValue(Store)!, 1, parsed.GetValue(Data), server => Benchmark.FanoutAsync(
            new FanoutOptions
            {
                Target = server.Url,
                Listeners = parsed.GetValue(listeners),
                Idle = parsed.GetValue(idle),
                Mode = parsed.GetValue(mode)!,
                RatePerSecond = parsed.GetValue(rate),
                Duration = TimeSpan.FromSeconds(parsed.GetValue(Seconds)),
                WarmUp = TimeSpan.FromSeconds(parsed.GetValue(WarmUp)),
                MessageBytes = parsed.GetValue(Bytes),
                Via = parsed.GetValue(Via)!,
                ServerPid = server.Pid,
                Json = parsed.GetValue(Json),
                JsonFile = parsed.GetValue(JsonFile),
            },
            AnsiConsole.Console,
            ct), ct));
        return command;
    }

    private static Command Idle()
    {
        var connections = new Option<int>("--connections") { Description = "How many.", DefaultValueFactory = _ => 10_000 };
        var command = new Command("idle", "What an idle, joined connection costs the server in memory.") { connections, Url, Store, Json, JsonFile };
        command.SetAction((parsed, ct) => OwnServer.UseAsync(parsed.GetValue(Url), parsed.GetValue(Store)!, 1, null, server => Benchmark.IdleAsync(
            new IdleOptions
            {
                Target = server.Url,
                Connections = parsed.GetValue(connections),
                ServerPid = server.Pid,
                Json = parsed.GetValue(Json),
                JsonFile = parsed.GetValue(JsonFile),
            },
            AnsiConsole.Console,
            ct), ct));
        return command;
    }
}
