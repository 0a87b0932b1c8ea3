using System.CommandLine;
using Hubbub.Server.Commands;

var hubbub = new RootCommand("Hubbub: a self-hosted real-time chat server. Without a command it serves.")
{
    ServeCommand.Make(),
    BenchCommand.Make(),
    ClusterCommand.Make(),
    NodesCommand.Make(),
    DrainCommand.Make(),
    TortureCommand.Make(),
    SeedCommand.Make(),
    RenewEpochsCommand.Make(),
};

// A node that is told to stop has the host's time for its clients and commits, not the parser's two seconds.
var unhurried = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(10) };
return await hubbub.Parse(args.Length == 0 ? [ServeCommand.Name] : args).InvokeAsync(unhurried);
