using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Server.Commands.Seeding;
using Hubbub.Stores.Postgres;
using Hubbub.Stores.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hubbub.Server.Commands;

/// <summary><c>hubbub seed</c>: rooms full of talk, always the same, written straight into a store that nobody serves just now.</summary>
internal static class SeedCommand
{
    private static readonly Option<int> Messages = Number("--messages", "Messages in all rooms together.", 1000, 0, SeedStory.MaxMessages);
    private static readonly Option<int> Members = Number("--members", "Members of each room.", 20, 1, SeedStory.MaxMembers);
    private static readonly Option<int> Rooms = Number("--rooms", "Rooms; they are called seed-S-1, seed-S-2 and so on.", 1, 1, SeedStory.MaxRooms);
    private static readonly Option<int> Seed = Number("--seed", "Which story: the same numbers and the same seed give the same events, byte for byte.", 1, 0, int.MaxValue);
    private static readonly Option<string> Data = new("--data") { Description = "Folder of the database (default ./data); made if it is absent. No server may be using it.", HelpName = "folder", DefaultValueFactory = _ => "data" };
    private static readonly Option<string?> Store = new("--store") { Description = "The address of a PostgreSQL database, if that is the store.", HelpName = "postgres://…" };

    private static readonly Option<string> Until = new("--until")
    {
        Description = "The day on which the story ends, as yyyy-mm-dd: a message a minute up to then.",
        HelpName = "day",
        DefaultValueFactory = _ => "2026-01-01",
    };

    public static Command Make()
    {
        Until.Validators.Add(result =>
        {
            if (Day(result.Tokens.Count == 0 ? "2026-01-01" : result.Tokens[0].Value) is null)
                result.AddError("--until is a day such as 2026-01-01, from 1990 to 2200.");
        });
        Store.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !PostgresUrl.IsOne(result.Tokens[0].Value))
                result.AddError("--store is the address of a PostgreSQL database, postgres://user:password@host:port/database; for a folder there is --data.");
        });
        var command = new Command(
            "seed",
            "Fills a store with rooms, members and messages that were never said, to try out how it is with much of it. Example: hubbub seed --messages 100000 --members 2000 --rooms 1 --seed 7")
        {
            Messages, Members, Rooms, Seed, Until, Data, Store,
        };
        command.SetAction(RunAsync);
        return command;
    }

    /// <summary>Writes a story into a store, many events to a transaction.</summary>
    /// <exception cref="StoreException">The store failed, or has such a room already.</exception>
    public static async Task<long> FillAsync(IRoomLog log, SeedStory story, CancellationToken ct)
    {
        const int Batch = 512;
        var written = 0L;

        // Before anything is written: of a batch only the room would be refused, and the talk taken a second time.
        RoomId[] rooms = [.. Enumerable.Range(0, story.Rooms).Select(story.RoomAt)];
        if ((await log.HeadsAsync(rooms, ct)).Any(head => head is not null))
            throw new StoreException($"There are rooms of this seed already, such as '{story.RoomAt(0)}'. Choose another --seed, or another store.");
        foreach (var batch in story.Tell().Chunk(Batch))
        {
            foreach (var outcome in await log.AppendAsync(batch, ct))
            {
                if (outcome.Refusal is { } refusal)
                    throw new StoreException($"The store refused an event: {refusal.Message}");
                written++;
            }
        }

        return written;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var story = new SeedStory(
            (ulong)parsed.GetValue(Seed), parsed.GetValue(Rooms), parsed.GetValue(Members), parsed.GetValue(Messages), Day(parsed.GetRequiredValue(Until))!.Value);
        try
        {
            var began = Stopwatch.GetTimestamp();
            long written;
            if (parsed.GetValue(Store) is { } url)
            {
                await using var store = await PostgresStore.OpenAsync(
                    new PostgresOptions { ConnectionString = PostgresUrl.Read(url), CallTimeout = TimeSpan.FromSeconds(30) }, TimeProvider.System, NullLogger<PostgresStore>.Instance, ct);
                written = await FillAsync(store, story, ct);
            }
            else
            {
                await using var store = await SqliteStore.OpenAsync(new SqliteOptions { Folder = parsed.GetRequiredValue(Data) }, TimeProvider.System, NullLogger<SqliteStore>.Instance);
                written = await FillAsync(store, story, ct);
            }

            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{written:#,0} events in {seconds:0.0} s ({written / seconds:#,0} a second): {story.Messages:#,0} messages of {story.Members:#,0} members in {story.Rooms:#,0} room{(story.Rooms == 1 ? "" : "s")}. Open /r/{story.RoomAt(0)}"));
            return 0;
        }
        catch (StoreException e)
        {
            await Console.Error.WriteLineAsync($"hubbub: {e.Message}");
            return 1;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("hubbub: Stopped; what was written stays.");
            return 1;
        }
    }

    private static Option<int> Number(string name, string description, int usual, int least, int most)
    {
        var option = new Option<int>(name) { Description = string.Create(CultureInfo.InvariantCulture, $"{description} {least:#,0} to {most:#,0}."), DefaultValueFactory = _ => usual, HelpName = "number" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < least || number > most))
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is a number from {least:#,0} to {most:#,0}."));
        });
        return option;
    }

    private static DateTimeOffset? Day(string text) =>
        DateTimeOffset.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day) && day.Year is >= 1990 and <= 2200 ? day : null;
}
