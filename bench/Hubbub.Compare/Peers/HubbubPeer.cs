using Hubbub.Compare.Dialects;

namespace Hubbub.Compare.Peers;

/// <summary>Hubbub itself, in the variants that the comparison needs.</summary>
internal sealed class HubbubPeer(string name, string title, string description, string store, string? carrier = null, string? io = null) : IPeer
{
    public const string Program = "src/Hubbub.Server/bin/Release/net10.0/hubbub";

    public string Name => name;

    public string Title => title;

    public string Description => description;

    public IDialect Dialect { get; } = new HubbubDialect();

    public bool PostsOverHttp { get; init; }

    public bool ResumesReaders => true;

    public string Scenarios { get; init; } = "ABCDEFGH";

    public bool IsAvailable(string root) =>
        carrier is null || CommandOutput.Text(Path.Combine(root, Program), "serve", "--help").Contains("--carrier", StringComparison.Ordinal);

    public Launch Launch(Place place)
    {
        string[] arguments = ["serve", "--urls", place.Address, "--data", place.Folder, "--store", store];
        if (carrier is not null)
            arguments = [.. arguments, "--carrier", carrier];
        if (io is not null)
            arguments = [.. arguments, "--io", io];
        return new Launch(Path.Combine(place.Root, Program), arguments)
        {
            // The default of 18 000 is exactly the scenario's number, and the poster comes on top.
            Environment = new Dictionary<string, string>(place.KestrelSettings)
            {
                ["Hubbub__MaxConnections"] = "19000",
            },
        };
    }

    public string Version(string root)
    {
        // The commit behind the version, short.
        var version = CommandOutput.Line(Path.Combine(root, Program), "--version");
        return version.IndexOf('+', StringComparison.Ordinal) is > 0 and var plus && version.Length > plus + 9 ? version[..(plus + 9)] : version;
    }
}
