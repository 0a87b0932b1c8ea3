using System.CommandLine;
using Hubbub.Core.Cluster;

namespace Hubbub.Server.Commands;

/// <summary><c>hubbub drain</c>: sends a node's clients to the others, so that it can be stopped without anybody's noticing.</summary>
internal static class DrainCommand
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private static readonly Argument<string> Node = new("node") { Description = "The node's id (hubbub nodes lists them), or as much of its beginning as is enough." };
    private static readonly Option<string> Store = ClusterOfStore.Store();

    public static Command Make()
    {
        var command = new Command(
            "drain",
            "Sends a node's clients to the others and waits until they have gone. The node goes on answering requests and takes no more connections; it is not undone, but by a new start. SIGTERM drains and stops.")
        {
            Node, Store,
        };
        command.SetAction((parsed, ct) => ClusterOfStore.UseAsync(parsed.GetValue(Store), registry => DrainAsync(registry, parsed.GetRequiredValue(Node), ct), ct));
        return command;
    }

    private static async Task<int> DrainAsync(INodeRegistry registry, string begin, CancellationToken ct)
    {
        var live = await registry.LiveAsync(ct);
        var meant = live.Where(n => n.Id.StartsWith(begin, StringComparison.Ordinal)).ToList();
        if (meant.Count != 1)
        {
            await Console.Error.WriteLineAsync(
                $"hubbub: {(meant.Count == 0 ? "There is no such node alive" : "Several nodes begin so")}; there are: {string.Join(", ", live.Select(n => n.Id))}.");
            return 1;
        }

        if (live.Count == 1)
            await Console.Error.WriteLineAsync("hubbub: It is the only node: its clients have nowhere to go until another starts.");
        var id = meant[0].Id;
        await registry.AskToDrainAsync(id, ct);
        while ((await registry.LiveAsync(ct)).FirstOrDefault(n => n.Id == id) is { } node)
        {
            Console.WriteLine(node.State == NodeState.Up ? $"{id} has not heard of it yet." : $"{id} drains: {node.Connections} connections are left.");
            if (node is { State: NodeState.Draining, Connections: 0 })
            {
                Console.WriteLine($"{id} has drained, and can be stopped.");
                return 0;
            }

            await Task.Delay(Look, ct);
        }

        Console.WriteLine($"{id} has stopped.");
        return 0;
    }
}
