using System.CommandLine;
using Hubbub.Core.Log;
using Hubbub.Stores.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hubbub.Server.Commands;

/// <summary><c>hubbub renew-epochs</c>: after a backup was restored, so that clients who saw more than it holds start afresh.</summary>
internal static class RenewEpochsCommand
{
    private static readonly Option<string> Data = new("--data") { Description = "Folder of the database (default ./data).", HelpName = "folder", DefaultValueFactory = _ => "data" };

    public static Command Make()
    {
        var command = new Command(
            "renew-epochs",
            "Run this once after restoring a backup, before serving: every room's log begins a new life, so that clients who have seen messages that the backup lacks are told to start afresh.")
        {
            Data,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        try
        {
            await using var store = await SqliteStore.OpenAsync(new SqliteOptions { Folder = parsed.GetRequiredValue(Data) }, TimeProvider.System, NullLogger<SqliteStore>.Instance);
            var rooms = await store.RenewEpochsAsync(Epochs.Draw, ct);
            Console.WriteLine($"{rooms} rooms have begun a new life.");
            return 0;
        }
        catch (StoreException e)
        {
            await Console.Error.WriteLineAsync($"hubbub: {e.Message}");
            return 1;
        }
    }
}
