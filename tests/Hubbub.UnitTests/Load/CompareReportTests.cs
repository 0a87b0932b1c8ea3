using System.Xml.Linq;
using Hubbub.Compare;
using Hubbub.Compare.Peers;
using Hubbub.Compare.Reports;
using Hubbub.Compare.Scenarios;
using Hubbub.Load;
using Hubbub.Load.Figures;
using Hubbub.TestKit;
using Xunit;

namespace Hubbub.UnitTests.Load;

public class CompareReportTests
{
    private const string Readme = $"before\n{ReadmeSection.Begin}\nold figures\n{ReadmeSection.End}\nbehind\n";

    [Fact]
    public void The_readme_shows_the_newest_comparison_and_keeps_the_rest()
    {
        var once = ReadmeSection.PutInto(Readme, Report(cpu: 7));
        Assert.StartsWith($"before\n{ReadmeSection.Begin}\n![", once, StringComparison.Ordinal);
        Assert.EndsWith($"\n{ReadmeSection.End}\nbehind\n", once, StringComparison.Ordinal);
        Assert.Contains("| Hubbub | 7.00 | 1\u202f500 |", once, StringComparison.Ordinal);
        Assert.DoesNotContain("old figures", once, StringComparison.Ordinal);

        var twice = ReadmeSection.PutInto(once, Report(cpu: 8));
        Assert.Contains("| Hubbub | 8.00 | 1\u202f500 |", twice, StringComparison.Ordinal);
        Assert.DoesNotContain("7.00", twice, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_failed_is_marked_as_such() =>
        Assert.Contains("| Bun (uWebSockets) | 9.00 | ✗ |", ReadmeSection.PutInto(Readme, Report(cpu: 7)), StringComparison.Ordinal);

    [Theory]
    [InlineData("no marks\n")]
    [InlineData(ReadmeSection.Begin)]
    [InlineData(ReadmeSection.End + ReadmeSection.Begin)]
    public void A_readme_without_the_place_is_left_alone(string readme) =>
        Assert.Throws<BenchmarkFailure>(() => ReadmeSection.PutInto(readme, Report(cpu: 7)));

    [Fact]
    public void The_repositorys_readme_has_the_place() =>
        Assert.Contains(ReadmeSection.Chart, ReadmeSection.PutInto(File.ReadAllText(Path.Combine(RepositoryRoot.Path, "README.md")), Report(cpu: 7)), StringComparison.Ordinal);

    [Fact]
    public void The_chart_is_an_image_with_a_bar_for_each_figure_the_best_first()
    {
        var svg = XDocument.Parse(BarChart.Write(Report(cpu: 12)));
        XNamespace ns = "http://www.w3.org/2000/svg";
        Assert.Equal(["peer", "own", "own"], svg.Descendants(ns + "rect").Select(bar => bar.Attribute("class")!.Value).Where(kind => kind != "paper"));
        var words = svg.Descendants(ns + "text").Select(text => text.Value).ToArray();
        Assert.Contains(words, word => word.Contains("A Processor <fast>", StringComparison.Ordinal));
        Assert.Contains(words, word => word.Contains("2026-11-25", StringComparison.Ordinal));
        Assert.Contains(words, word => word.Contains("Bun (uWebSockets): 1.4", StringComparison.Ordinal));
    }

    private static ComparisonReport Report(double cpu)
    {
        var peers = Roster.All.Where(peer => peer.Name is "hubbub" or "bun").ToArray();
        var options = new CompareOptions
        {
            Root = "/",
            CommandLine = "bench/compare",
            Out = "/",
            Peers = peers,
            Scenarios = [.. Scenario.All(quick: false, null, null).Where(scenario => scenario.Letter is 'A' or 'E')],
        };
        return new ComparisonReport(
            options, new DateTimeOffset(2026, 11, 25, 0, 0, 0, TimeSpan.Zero), new Machine("A Processor <fast>", 2, 16, "Linux", ".NET"), SoftInterruptsAreVisible: true,
            new Dictionary<string, string> { ["hubbub"] = "0.1", ["bun"] = "1.4" },
            [
                Run("hubbub", 'A', Figure.CpuPerDelivery, cpu),
                Run("hubbub", 'E', Figure.BytesPerConnection, 1_500),
                Run("bun", 'A', Figure.CpuPerDelivery, 9),
                new Run("bun", 'E', 1, null, "It did not start."),
            ]);
    }

    private static Run Run(string server, char scenario, Figure figure, double value) =>
        new(server, scenario, 1, new SortedDictionary<string, double> { [figure.Name] = value }, null);
}
