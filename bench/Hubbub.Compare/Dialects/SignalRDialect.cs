namespace Hubbub.Compare.Dialects;

/// <summary>SignalR's hub protocol in JSON, without negotiation: records that end with 0x1E, several of which may share a frame.</summary>
internal sealed class SignalRDialect : IDialect
{
    private const string End = "\u001e";

    public string ListenPath(string room) => "/hub";

    public string PostPath(string room) => "/hub";

    public IReadOnlyList<Turn> Enter { get; } = [new("""{"protocol":"json","version":1}""" + End, "{}" + End)];

    public IReadOnlyList<Turn> Join(string room) =>
        [.. Enter, new($$"""{"type":1,"invocationId":"1","target":"Join","arguments":["{{room}}"]}""" + End, "\"type\":3")];

    // Without an invocation id, so that nothing is answered.
    public string Post(string room) => $$"""{"type":1,"target":"Post","arguments":["{{room}}","{{IDialect.TextMark}}"]}""" + End;
}
