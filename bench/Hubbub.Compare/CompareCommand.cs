using System.CommandLine;
using Hubbub.Compare.Peers;
using Hubbub.Compare.Reports;
using Hubbub.Compare.Scenarios;
using Hubbub.Load;

namespace Hubbub.Compare;

/// <summary>The command line of <c>bench/compare</c>.</summary>
internal static class CompareCommand
{
    private static readonly Option<string> Servers = new("--servers")
    {
        Description = $"Who takes part, separated by commas (default: all): {string.Join(", ", Roster.All.Select(peer => peer.Name))}.",
        HelpName = "names",
    };

    private static readonly Option<string> Letters = new("--scenarios")
    {
        Description = "Which scenarios, separated by commas (default: all): "
            + string.Join("; ", Scenario.All(quick: false, null, null).Select(s => $"{s.Letter} {s.Title}")) + ".",
        HelpName = "letters",
    };

    private static readonly Option<int> Repeats = new("--repeats")
    {
        Description = "How often each is measured; the servers take turns, and tables show medians.",
        DefaultValueFactory = _ => 5,
        HelpName = "n",
    };

    private static readonly Option<double?> Seconds = new("--seconds") { Description = "Measured time of each span (default 5).", HelpName = "s" };

    private static readonly Option<double?> WarmUp = new("--warm-up") { Description = "Time before it that is not measured (default 3).", HelpName = "s" };

    private static readonly Option<string> Out = new("--out")
    {
        Description = "Folder for compare.md, compare.json and compare.svg (default artifacts/compare).",
        HelpName = "folder",
    };

    private static readonly Option<bool> Quick = new("--quick") { Description = "Tiny sizes: shows that everything works, and measures nothing." };

    private static readonly Option<bool> Readme = new("--readme")
    {
        Description = $"Puts the chart to {ReadmeSection.Chart} and the figures into README.md, where they stood before.",
    };

    private static readonly Option<string> Root = new("--root") { Description = "The repository; bench/compare says where it is.", Required = true, Hidden = true };

    public static RootCommand Make()
    {
        var command = new RootCommand(
            "Builds, starts and measures Hubbub and its peers side by side: the server on one core, the load generator on another, "
            + "every message checked at every listener. What is counted and what its limits are: docs/benchmarks.md.")
        {
            Servers, Letters, Repeats, Seconds, WarmUp, Out, Quick, Readme, Root,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        try
        {
            var options = Read(parsed);
            return await Comparison.RunAsync(options, cancel);
        }
        catch (BenchmarkFailure failure)
        {
            await Console.Error.WriteLineAsync($"compare: {failure.Message}");
            return 2;
        }
    }

    private static CompareOptions Read(ParseResult parsed)
    {
        var root = Path.GetFullPath(parsed.GetValue(Root)!);
        var scenarios = Scenario.All(parsed.GetValue(Quick), Span(parsed.GetValue(WarmUp), "--warm-up"), Span(parsed.GetValue(Seconds), "--seconds"));
        return new CompareOptions
        {
            Root = root,
            CommandLine = "bench/compare " + string.Join(' ', parsed.Tokens.Select(token => token.Value).Skip(parsed.GetResult(Root) is null ? 0 : 2)),
            Peers = [.. Chosen(parsed.GetValue(Servers), Roster.All, peer => peer.Name, "server").Where(peer => peer.IsAvailable(root))],
            Scenarios = Chosen(parsed.GetValue(Letters)?.ToUpperInvariant(), scenarios, scenario => scenario.Letter.ToString(), "scenario"),
            Repeats = parsed.GetValue(Repeats) is >= 1 and <= 100 and var repeats
                ? repeats
                : throw new BenchmarkFailure("--repeats is a number from 1 to 100."),
            Out = Path.GetFullPath(parsed.GetValue(Out) ?? Path.Combine(root, "artifacts/compare")),
            Quick = parsed.GetValue(Quick),
            Readme = !parsed.GetValue(Readme) || !parsed.GetValue(Quick)
                ? parsed.GetValue(Readme)
                : throw new BenchmarkFailure("A quick run measures nothing that a README could show."),
        };
    }

    private static TimeSpan? Span(double? seconds, string option) => seconds switch
    {
        null => null,
        >= 0.1 and <= 60 and var value => TimeSpan.FromSeconds(value),
        _ => throw new BenchmarkFailure($"{option} is a number of seconds from 0.1 to 60."),
    };

    private static List<T> Chosen<T>(string? names, IReadOnlyList<T> all, Func<T, string> name, string what)
    {
        if (names is null)
            return [.. all];
        var wanted = names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (wanted.FirstOrDefault(want => !all.Any(one => name(one) == want)) is { } unknown)
            throw new BenchmarkFailure($"There is no {what} \"{unknown}\"; there are: {string.Join(", ", all.Select(name))}.");
        return [.. all.Where(one => wanted.Contains(name(one)))];
    }
}
