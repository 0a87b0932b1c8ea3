namespace Hubbub.Compare.Dialects;

/// <summary>The two smallest JSON texts that are a chat; spoken by the peers that prescribe none: ws, Bun and the naive loop.</summary>
internal sealed class PlainDialect : IDialect
{
    public string ListenPath(string room) => "/ws";

    public string PostPath(string room) => "/ws";

    public IReadOnlyList<Turn> Join(string room) => [new($$"""{"join":"{{room}}"}""", "\"joined\"")];

    public string Post(string room) => Event(room);

    public static string Event(string room) => $$"""{"room":"{{room}}","text":"{{IDialect.TextMark}}"}""";
}
