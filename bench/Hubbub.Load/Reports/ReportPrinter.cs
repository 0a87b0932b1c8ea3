using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Hubbub.Load.Reports;

[JsonSerializable(typeof(PostReport))]
[JsonSerializable(typeof(FanoutReport))]
[JsonSerializable(typeof(IdleReport))]
internal sealed partial class ReportJson : JsonSerializerContext
{
    /// <summary>Readable where it is read: the output goes to files and terminals, never into a page.</summary>
    public static ReportJson Readable { get; } = new(new JsonSerializerOptions
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}

/// <summary>A report as a table or as JSON.</summary>
internal static class ReportPrinter
{
    public static async Task PrintAsync(Report report, IAnsiConsole console, bool json, string? file, CancellationToken cancel)
    {
        var text = JsonSerializer.Serialize(report, report.GetType(), ReportJson.Readable);
        if (json)
            ProgressDisplay.WriteLine(console, text);
        else if (console.Profile.Out.IsTerminal)
            PrintTable(report, console);
        else
            PrintLines(report, console);
        if (file is null)
            return;
        try
        {
            await File.WriteAllTextAsync(file, text + "\n", cancel);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new BenchmarkFailure($"The report could not be written to {file}: {failed.Message}");
        }
    }

    private static void PrintTable(Report report, IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumns("", "");
        table.Columns[0].NoWrap();
        foreach (var (name, figure) in report.Rows)
            table.AddRow(new Text(name), new Text(figure));
        foreach (var check in report.Checks)
        {
            table.AddRow(
                new Markup(check.Held ? "[green]holds[/]" : "[red]FAILS[/]"),
                new Text(Describe(check)));
        }
        console.WriteLine();
        console.Write(table);
        ProgressDisplay.WriteLine(console, report.Machine.ToString());
    }

    /// <summary>The same for a file or a pipe: a line each, not wrapped, so that it can be searched.</summary>
    private static void PrintLines(Report report, IAnsiConsole console)
    {
        ProgressDisplay.WriteLine(console, "");
        foreach (var (name, figure) in report.Rows)
            ProgressDisplay.WriteLine(console, $"{name,-28}{figure}");
        foreach (var check in report.Checks)
            ProgressDisplay.WriteLine(console, $"{(check.Held ? "holds" : "FAILS"),-28}{Describe(check)}");
        ProgressDisplay.WriteLine(console, $"{"machine",-28}{report.Machine}");
    }

    private static string Describe(Check check) => check.Detail.Length == 0 ? check.Name : $"{check.Name}: {check.Detail}";
}
