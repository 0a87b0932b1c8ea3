using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Hubbub.Core.Log;
using Hubbub.Load.Figures;
using Hubbub.Load.Reports;
using Hubbub.Server.Commands.Seeding;
using Hubbub.Stores.Postgres;
using Hubbub.Stores.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace Hubbub.Server.Commands;

/// <summary><c>hubbub bench search</c>: how long answers of a search take, over a room of the size that the issue names.</summary>
internal static class SearchBench
{
    /// <summary>What nine and ninety of a hundred answers may take, in milliseconds.</summary>
    private const double Bar = 200;

    /// <summary>A person's searches in a burst, so that the server's pace is never in the way.</summary>
    private const int EachPerson = 18;

    private static readonly TimeSpan IndexPatience = TimeSpan.FromMinutes(10);

    private static readonly Option<int> Messages = new("--messages") { Description = "Messages of the room.", DefaultValueFactory = _ => 100_000, HelpName = "number" };
    private static readonly Option<int> Members = new("--members") { Description = "Its members.", DefaultValueFactory = _ => 2_000, HelpName = "number" };
    private static readonly Option<int> Searches = new("--searches") { Description = "How many searches to measure.", DefaultValueFactory = _ => 600, HelpName = "number" };
    private static readonly Option<int> Clients = new("--clients") { Description = "How many search at the same time.", DefaultValueFactory = _ => 1, HelpName = "number" };
    private static readonly Option<string> Store = new("--store") { Description = "sqlite (default), or postgres://user:password@host:port/database, an empty one.", DefaultValueFactory = _ => "sqlite" };
    private static readonly Option<string> Data = new("--data") { Description = "Where to make a folder for the run, which is removed again.", HelpName = "folder" };
    private static readonly Option<Uri?> Url = new("--url") { Description = "A server that runs already, on a store that `hubbub seed` has filled; without it one is seeded and started.", HelpName = "url" };

    public static Command Make()
    {
        foreach (var (option, most) in new[] { (Messages, SeedStory.MaxMessages), (Members, SeedStory.MaxMembers), (Searches, 100_000), (Clients, 64) })
        {
            option.Validators.Add(result =>
            {
                if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1 || number > most))
                    result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} is a number from 1 to {most:#,0}."));
            });
        }

        var command = new Command("search", "Seeds a room of 100 000 messages, lets the index follow, and measures answers of searches of every kind; p99 above 200 ms is a failure.")
        {
            Messages, Members, Searches, Clients, Store, Data, Url,
        };
        command.SetAction((parsed, ct) => OwnServer.UseAsync(
            parsed.GetValue(Url), parsed.GetRequiredValue(Store), 1, parsed.GetValue(Data), server => TryMeasureAsync(server.Url, parsed, ct), ct,
            folder => SeedAsync(folder, parsed, ct)));
        return command;
    }

    private static async Task SeedAsync(string folder, ParseResult parsed, CancellationToken ct)
    {
        var story = new SeedStory(7, 1, parsed.GetValue(Members), parsed.GetValue(Messages), new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Seeding {story.Messages:#,0} messages of {story.Members:#,0} members …"));
        try
        {
            if (PostgresUrl.IsOne(parsed.GetRequiredValue(Store)))
            {
                await using var store = await PostgresStore.OpenAsync(
                    new PostgresOptions { ConnectionString = PostgresUrl.Read(parsed.GetRequiredValue(Store)), CallTimeout = TimeSpan.FromSeconds(30) }, TimeProvider.System, NullLogger.Instance, ct);
                await SeedCommand.FillAsync(store, story, ct);
            }
            else
            {
                await using var store = await SqliteStore.OpenAsync(new SqliteOptions { Folder = folder }, TimeProvider.System, NullLogger.Instance);
                await SeedCommand.FillAsync(store, story, ct);
            }
        }
        catch (StoreException e)
        {
            throw new InvalidOperationException(e.Message, e);
        }
    }

    private static async Task<int> TryMeasureAsync(Uri server, ParseResult parsed, CancellationToken ct)
    {
        try
        {
            return await MeasureAsync(server, parsed, ct);
        }
        catch (Exception e) when (e is InvalidOperationException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync($"hubbub: {e.Message}");
            return 2;
        }
    }

    private static async Task<int> MeasureAsync(Uri server, ParseResult parsed, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = server };
        var indexed = await WaitForIndexAsync(http, ct);
        AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The index has followed, {indexed.TotalSeconds:0.0} s after the server was ready. Searching …"));

        var kinds = Kinds();
        var histograms = kinds.ConvertAll(_ => new LatencyHistogram());
        var found = new long[kinds.Count];
        var next = -1;
        var searches = parsed.GetValue(Searches);
        await Task.WhenAll(Enumerable.Range(0, parsed.GetValue(Clients)).Select(SearchAsync));
        return Print(kinds, histograms, found);

        async Task SearchAsync(int client)
        {
            // A few that nobody counts: the first ones open files and compile code.
            var chance = new Chance((ulong)client + 1);
            var (person, left) = ("", 0);
            for (var warming = 0; warming < kinds.Count; warming++)
                await AskAsync(kinds[warming].Query(chance));
            for (var i = Interlocked.Increment(ref next); i < searches; i = Interlocked.Increment(ref next))
            {
                var kind = i % kinds.Count;
                var began = Stopwatch.GetTimestamp();
                var hits = await AskAsync(kinds[kind].Query(chance));
                var took = (long)Stopwatch.GetElapsedTime(began).TotalNanoseconds;
                lock (histograms[kind])
                {
                    histograms[kind].Record(took);
                    found[kind] += hits;
                }
            }

            async Task<int> AskAsync(string query)
            {
                if (left-- == 0)
                    (person, left) = (await GuestAsync(http, ct), EachPerson - 1);
                return await FindAsync(http, person, query, ct);
            }
        }
    }

    private static async Task<TimeSpan> WaitForIndexAsync(HttpClient http, CancellationToken ct)
    {
        // The room's newest message is the last that the index comes to.
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < IndexPatience)
        {
            var token = await GuestAsync(http, ct);
            for (var asked = 0; asked < EachPerson; asked++)
            {
                if (await FindAsync(http, token, "in:seed-7-1 after:2025-12-30", ct) > 0)
                    return Stopwatch.GetElapsedTime(began);
                await Task.Delay(100, ct);
            }
        }

        throw new InvalidOperationException($"The index has not followed the log within {IndexPatience.TotalMinutes} minutes.");
    }

    private static async Task<string> GuestAsync(HttpClient http, CancellationToken ct)
    {
        using var content = new StringContent("""{"name":"Searcher"}""", new MediaTypeHeaderValue("application/json"));
        using var made = await http.PostAsync(new Uri("/api/guests", UriKind.Relative), content, ct);
        using var json = JsonDocument.Parse(await made.Content.ReadAsStringAsync(ct));
        return json.RootElement.GetProperty("token").GetString()!;
    }

    private static async Task<int> FindAsync(HttpClient http, string token, string query, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/search?q={Uri.EscapeDataString(query)}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.SendAsync(request, ct);
        var body = await answer.Content.ReadAsStringAsync(ct);
        if (answer.StatusCode != HttpStatusCode.OK)
            throw new InvalidOperationException($"'{query}' was answered with {(int)answer.StatusCode}: {body}");
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("results").GetArrayLength();
    }

    private static List<(string Name, Func<Chance, string> Query)> Kinds()
    {
        var words = SeedStory.Vocabulary;
        return
        [
            ("a frequent word", chance => words[chance.Below(20)]),
            ("a rare word", chance => words[4_000 + chance.Below(4_000)]),
            ("two frequent words", chance => $"{words[chance.Below(20)]} {words[20 + chance.Below(20)]}"),
            ("a frequent and a rare word", chance => $"{words[chance.Below(20)]} {words[4_000 + chance.Below(4_000)]}"),
            ("a phrase", chance => $"\"{words[chance.Below(10)]} {words[chance.Below(10)]}\""),
            ("a word of one sender", chance => $"from:seed-{1 + chance.Zipf(2_000)} {words[chance.Below(20)]}"),
            ("a word, before a day", chance => $"before:2025-{11 + chance.Below(2)}-1{chance.Below(9)} {words[chance.Below(20)]}"),
            ("links of one sender", chance => $"has:link from:seed-{1 + chance.Zipf(50)}"),
            ("what is not there", chance => $"{words[chance.Below(20)]} nowhere{chance.Below(1000)}"),
        ];
    }

    private static int Print(List<(string Name, Func<Chance, string> Query)> kinds, List<LatencyHistogram> histograms, long[] found)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var name in new[] { "looked for", "searches", "found each", "p50 ms", "p99 ms", "max ms" })
            table.AddColumn(name == "looked for" ? new TableColumn(name) : new TableColumn(name).RightAligned());
        var all = new LatencyHistogram();
        for (var i = 0; i < kinds.Count; i++)
        {
            all.Merge(histograms[i]);
            AddRow(kinds[i].Name, histograms[i], histograms[i].Count == 0 ? 0 : (double)found[i] / histograms[i].Count);
        }

        AddRow("all", all, (double)found.Sum() / all.Count);
        AnsiConsole.Write(table);
        var p99 = LatencyFigures.Of(all).P99;
        AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(p99 <= Bar ? "holds" : "FAILS")}: 99 of 100 answers within {Bar:0} ms ({p99:0.0} ms)"));
        AnsiConsole.WriteLine(Machine.Here().ToString());
        return p99 <= Bar ? 0 : 1;

        void AddRow(string name, LatencyHistogram histogram, double each)
        {
            var figures = LatencyFigures.Of(histogram);
            table.AddRow(
                name, FormattableString.Invariant($"{figures.Count:#,0}"), FormattableString.Invariant($"{each:0.0}"), FormattableString.Invariant($"{figures.P50:0.0}"),
                FormattableString.Invariant($"{figures.P99:0.0}"), FormattableString.Invariant($"{figures.Max:0.0}"));
        }
    }
}
