using System.Xml.Linq;
using Hubbub.TestKit;
using Xunit;

namespace Hubbub.UnitTests;

/// <summary>
/// Which project may know which: the one dependency rule, edge by edge. A new edge is a decision and is written here first. Adapters never see each other, the core sees no
/// ASP.NET and no driver, and nothing in <c>src</c> sees the server.
/// </summary>
public sealed class BoundaryTests
{
    private static readonly Dictionary<string, string[]> Permitted = new()
    {
        ["Hubbub.Protocol"] = [],
        ["Hubbub.Core"] = ["Hubbub.Protocol"],
        ["Hubbub.Stores"] = ["Hubbub.Core", "Hubbub.Protocol"],
        ["Hubbub.Brokers"] = ["Hubbub.Core", "Hubbub.Protocol"],

        // The SDK knows the words and nothing of the server.
        ["Hubbub.Client"] = ["Hubbub.Protocol"],

        // Starts programs, Hubbub's among them, and knows none of their code.
        ["Hubbub.LocalCluster"] = [],
        ["Hubbub.Load"] = [],
        ["Hubbub.Compare"] = ["Hubbub.Load"],

        // Uses the page as a person does, in a browser.
        ["Hubbub.PageBench"] = ["Hubbub.LocalCluster"],

        // Uses a cluster as its users do, and judges what they saw.
        ["Hubbub.Torture"] = ["Hubbub.Client", "Hubbub.LocalCluster", "Hubbub.Protocol"],

        // What Hubbub is compared with shares nothing with it.
        ["NaivePeer"] = [],
        ["SignalRPeer"] = [],

        // The executable's `bench` command runs the load generator, which speaks the wire and knows nothing of the server.
        ["Hubbub.Server"] = ["Hubbub.Brokers", "Hubbub.Core", "Hubbub.Load", "Hubbub.LocalCluster", "Hubbub.Protocol", "Hubbub.Stores", "Hubbub.Torture"],
    };

    /// <summary>Packages beside the framework's own.</summary>
    private static readonly Dictionary<string, string[]> PermittedPackages = new()
    {
        ["Hubbub.Protocol"] = [],
        ["Hubbub.Core"] = ["Microsoft.CodeAnalysis.BannedApiAnalyzers", "Microsoft.Extensions.Logging.Abstractions"],
        ["Hubbub.Stores"] = ["Microsoft.Data.Sqlite", "Microsoft.Extensions.Logging.Abstractions", "Npgsql"],
        ["Hubbub.Client"] = [],
        ["Hubbub.LocalCluster"] = ["Npgsql"],
        ["Hubbub.Brokers"] = ["Microsoft.Extensions.Logging.Abstractions", "Npgsql", "RabbitMQ.Client", "StackExchange.Redis"],
    };

    [Fact]
    public void Projects_know_only_whom_they_may()
    {
        var projects = Projects();
        Assert.Equal(Permitted.Keys.Order(), projects.Keys.Where(p => !p.EndsWith("MicroBenchmarks", StringComparison.Ordinal)).Order());
        foreach (var (name, permitted) in Permitted)
            Assert.Equal(permitted, References(projects[name], "ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Replace('\\', '/'))).Order());
    }

    [Fact]
    public void The_inner_projects_use_only_the_packages_they_may()
    {
        var projects = Projects();
        foreach (var (name, permitted) in PermittedPackages)
        {
            Assert.Equal(permitted, References(projects[name], "PackageReference").Order());
            Assert.Empty(References(projects[name], "FrameworkReference"));
            Assert.Equal("Microsoft.NET.Sdk", projects[name].Root!.Attribute("Sdk")?.Value);
        }
    }

    [Fact]
    public void What_a_project_knows_it_does_not_pass_on() =>
        Assert.Equal("true", XDocument.Load(Path.Combine(RepositoryRoot.Path, "Directory.Build.props")).Descendants("DisableTransitiveProjectReferences").Single().Value);

    private static Dictionary<string, XDocument> Projects() => new[] { "src", "bench" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, folder), "*.csproj", SearchOption.AllDirectories))
        .ToDictionary(path => Path.GetFileNameWithoutExtension(path), path => XDocument.Load(path));

    private static IEnumerable<string> References(XDocument project, string kind) => project.Descendants(kind).Select(r => r.Attribute("Include")!.Value);
}
