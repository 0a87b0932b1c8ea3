using System.CommandLine;
using Hubbub.Server.Commands;

var hubbub = new RootCommand("Hubbub: a self-hosted real-time chat server. Without a command it serves.")
{
    ServeCommand.Make(),
    BenchCommand.Make(),
    RenewEpochsCommand.Make(),
};

// A node that is told to stop has the host's 30 s for its connections and commits, not the parser's two.
var unhurried = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(40) };
return await hubbub.Parse(args.Length == 0 ? [ServeCommand.Name] : args).InvokeAsync(unhurried);
