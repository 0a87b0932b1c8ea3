using System.CommandLine;
using Hubbub.Server.Commands;

var hubbub = new RootCommand("Hubbub: a self-hosted real-time chat server. Without a command it serves.")
{
    ServeCommand.Make(),
    BenchCommand.Make(),
    RenewEpochsCommand.Make(),
};
return await hubbub.Parse(args.Length == 0 ? [ServeCommand.Name] : args).InvokeAsync();
