using System.Text;
using Hubbub.Compare.Dialects;
using Hubbub.Load;
using Hubbub.Load.Loop;
using Hubbub.Load.Wire;

namespace Hubbub.Compare.Listening;

/// <summary>A WebSocket to a server under test that goes through its opening turns; settled when the last one is answered.</summary>
internal abstract class PeerConnection(EventLoop loop, Target target, IDialect dialect, string path, IReadOnlyList<Turn> opening)
    : WebSocketConnection(loop, target, null, path)
{
    private int _turn;

    protected Target Server { get; } = target;

    protected IDialect Dialect { get; } = dialect;

    public bool IsOpen { get; private set; }

    /// <summary>The text that ended the opening.</summary>
    protected string LastWord { get; private set; } = "";

    protected override void OnOpen() => TakeTurns();

    protected sealed override void OnText(ReadOnlySpan<byte> json, long now)
    {
        if (IsOpen)
        {
            OnWord(json, now);
            return;
        }
        var awaited = Encoding.UTF8.GetBytes(opening[_turn].Await!);
        if (json.IndexOf(awaited) < 0)
        {
            // Servers may greet before they answer; what has to come will come, or the ramp loses patience.
            return;
        }
        LastWord = Encoding.UTF8.GetString(json);
        _turn++;
        TakeTurns();
    }

    protected abstract void OnWord(ReadOnlySpan<byte> text, long now);

    /// <summary>Answers what the protocol wants answered, and ignores the rest.</summary>
    protected void Answer(ReadOnlySpan<byte> text)
    {
        if (Dialect.Answer(text) is { } answer)
            SendText(answer);
    }

    private void TakeTurns()
    {
        for (; _turn < opening.Count; _turn++)
        {
            if (opening[_turn].Say is { } say)
                SendText(Encoding.UTF8.GetBytes(say));
            if (opening[_turn].Await is not null)
                return;
        }
        IsOpen = true;
        Settle(null);
    }
}
