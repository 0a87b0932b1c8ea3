using System.Globalization;
using System.Text.RegularExpressions;

namespace Hubbub.Compare.Dialects;

/// <summary>docs/protocol.md: every connection is made a guest by its first frame, so every listener is authenticated.</summary>
internal sealed partial class HubbubDialect : IDialect
{
    public string ListenPath(string room) => "/ws";

    public string PostPath(string room) => "/ws";

    public IReadOnlyList<Turn> Join(string room) => Joining($"\"roomId\":\"{room}\"");

    public IReadOnlyList<Turn> Enter { get; } = [new("""{"type":"ping"}""", "\"type\":\"pong\"")];

    public string Post(string room) => $$$"""{"type":"message","payload":{"roomId":"{{{room}}}","message":"{{{IDialect.TextMark}}}"}}""";

    /// <summary>A room that gets nothing but posts counts them without holes, so the place is known without reading each event's.</summary>
    public IReadOnlyList<Turn>? Resume(string room, string joined, long heard)
    {
        var position = Position().Match(joined);
        if (!position.Success)
            return null;
        var last = long.Parse(position.Groups["sequence"].Value, CultureInfo.InvariantCulture) + heard;
        return Joining(string.Create(CultureInfo.InvariantCulture, $"\"roomId\":\"{room}\",\"after\":\"{position.Groups["epoch"].Value}:{last}\""));
    }

    private static Turn[] Joining(string payload) => [new($$$"""{"type":"join","payload":{{{{payload}}}}}""", "\"type\":\"joined\"")];

    [GeneratedRegex("""
        "position":"(?<epoch>[0-9a-f]{8}):(?<sequence>\d+)"
        """)]
    private static partial Regex Position();
}
