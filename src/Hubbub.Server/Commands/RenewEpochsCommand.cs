using System.CommandLine;
using Hubbub.Core.Log;
using Hubbub.Stores.Postgres;
using Hubbub.Stores.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hubbub.Server.Commands;

/// <summary><c>hubbub renew-epochs</c>: after a backup was restored, so that clients who saw more than it holds start afresh.</summary>
internal static class RenewEpochsCommand
{
    private static readonly Option<string> Data = new("--data") { Description = "Folder of the database (default ./data).", HelpName = "folder", DefaultValueFactory = _ => "data" };
    private static readonly Option<string> Store = new("--store") { Description = "The address of a PostgreSQL database, if that is the store.", HelpName = "postgres://…" };

    public static Command Make()
    {
        var command = new Command(
            "renew-epochs",
            "Run this once after restoring a backup, before serving: every room's log begins a new life, so that clients who have seen messages that the backup lacks are told to start afresh.")
        {
            Data, Store,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        try
        {
            var rooms = parsed.GetValue(Store) is { } url
                ? await InPostgresAsync(url, ct)
                : await InSqliteAsync(parsed.GetRequiredValue(Data), ct);
            Console.WriteLine($"{rooms} rooms have begun a new life.");
            return 0;
        }
        catch (StoreException e)
        {
            await Console.Error.WriteLineAsync($"hubbub: {e.Message}");
            return 1;
        }
    }

    private static async Task<int> InSqliteAsync(string folder, CancellationToken ct)
    {
        await using var store = await SqliteStore.OpenAsync(new SqliteOptions { Folder = folder }, TimeProvider.System, NullLogger<SqliteStore>.Instance);
        return await store.RenewEpochsAsync(Epochs.Draw, ct);
    }

    private static async Task<int> InPostgresAsync(string url, CancellationToken ct)
    {
        var options = new PostgresOptions { ConnectionString = PostgresUrl.Read(url) };
        await using var store = await PostgresStore.OpenAsync(options, TimeProvider.System, NullLogger<PostgresStore>.Instance, ct);
        return await store.RenewEpochsAsync(Epochs.Draw, ct);
    }
}
