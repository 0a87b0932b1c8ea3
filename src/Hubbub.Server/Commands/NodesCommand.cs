using System.CommandLine;
using Hubbub.Core.Cluster;
using Spectre.Console;

namespace Hubbub.Server.Commands;

/// <summary><c>hubbub nodes</c>: who is in the cluster.</summary>
internal static class NodesCommand
{
    private static readonly Option<string> Store = ClusterOfStore.Store();

    public static Command Make()
    {
        var command = new Command("nodes", "Lists the nodes of a cluster, as each said within the last seconds.") { Store };
        command.SetAction((parsed, ct) => ClusterOfStore.UseAsync(parsed.GetValue(Store), registry => ListAsync(registry, ct), ct));
        return command;
    }

    private static async Task<int> ListAsync(INodeRegistry registry, CancellationToken ct)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("node", "address", "state");
        table.AddColumn(new TableColumn("connections").RightAligned());
        table.AddColumn(new TableColumn("rooms").RightAligned());
        table.AddColumn(new TableColumn("posted").RightAligned());
        foreach (var node in await registry.LiveAsync(ct))
        {
            table.AddRow(
                Markup.Escape(node.Id), Markup.Escape(node.Address.AbsoluteUri), node.State == NodeState.Up ? "up" : "draining",
                FormattableString.Invariant($"{node.Connections} of {node.Capacity}"), FormattableString.Invariant($"{node.Rooms}"), FormattableString.Invariant($"{node.Posted}"));
        }

        AnsiConsole.Write(table);
        return 0;
    }
}
