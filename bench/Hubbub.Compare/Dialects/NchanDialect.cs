namespace Hubbub.Compare.Dialects;

/// <summary>nchan's channels are paths: who opens one listens to it, and what one sends to the other path is handed on as it is.</summary>
internal sealed class NchanDialect : IDialect
{
    public string ListenPath(string room) => $"/sub/{room}";

    public string PostPath(string room) => $"/pub/{room}";

    public bool PostsToOneRoom => true;

    public IReadOnlyList<Turn> Join(string room) => [];

    public string Post(string room) => PlainDialect.Event(room);
}
