using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Server.Auth;

namespace Hubbub.Server.Transports.Http;

/// <summary>
/// A feed as an endless answer: server-sent events or lines. The same cursor as a WebSocket's, over Kestrel's response stream.
/// </summary>
internal sealed class EventStream(HttpContext http, Feed feed, Caller caller, StreamSink sink, Tokens tokens, HubbubOptions options, TimeProvider time) : IConnection, IDisposable
{
    /// <summary>One write's worth: a client that takes this much within <see cref="HubbubOptions.SlowAfter"/> is slow, not stuck.</summary>
    private const int WriteSlice = 128 * 1024;

    /// <summary>Readers that are sent away together return within this time, each when it likes.</summary>
    private const int SoonMilliseconds = 500;

    private readonly CancellationTokenSource _ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
    private readonly Lock _lock = new();
    private long _wroteAt = time.GetTimestamp();
    private long _writingSince;
    private bool _keepAliveDue;
    private TimeSpan? _comeBackAfter;
    private volatile bool _closing;
    private volatile bool _isOver;

    public bool IsOver => _isOver;

    /// <summary>Writes until the client goes, the token ends, the last room is left or the node stops.</summary>
    public async Task RunAsync()
    {
        // A pump that waits for its bell must notice that the client has gone.
        using var gone = _ended.Token.Register(static state => ((Feed)state!).Wake(), feed);
        try
        {
            await TellAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The client has gone, or took nothing for too long.
            http.Abort();
        }
    }

    public void Tick()
    {
        var writing = Volatile.Read(ref _writingSince);
        if (writing != 0 && time.GetElapsedTime(writing) > options.SlowAfter)
        {
            End();
            return;
        }

        if (caller.ExpiresAt <= time.GetUtcNow())
            Close(CloseCode.Unauthenticated, "the token has expired");
        else if (!tokens.Amend(caller).Is(out _, out var ended))
            Close(CloseCode.Unauthenticated, ended.Message);
        if (time.GetElapsedTime(Volatile.Read(ref _wroteAt)) < options.PingAfter)
            return;
        _keepAliveDue = true;
        feed.Wake();
    }

    public void Close(CloseCode code, string reason, TimeSpan? retryAfter = null)
    {
        lock (_lock)
        {
            if (_closing)
                return;
            feed.Answer(Frame.Encoder.Closing(code, reason, retryAfter));
            _comeBackAfter = code == CloseCode.Reconnect ? TimeSpan.FromMilliseconds(Random.Shared.Next(SoonMilliseconds)) : null;
            _closing = true;
        }

        feed.Wake();
    }

    public void AskToMove(Frame reconnect) => feed.Answer(reconnect);

    public void Dispose()
    {
        _isOver = true;
        feed.Dispose();
        _ended.Dispose();
    }

    private async Task TellAsync()
    {
        try
        {
            while (true)
            {
                _ended.Token.ThrowIfCancellationRequested();
                await WriteOnceAsync();
                if (_closing && feed.AnswerBytes == 0)
                {
                    await TellWhenToComeBackAsync();
                    return;
                }

                // Removed from the last room: nothing can come any more.
                if (feed.Subscriptions.Count == 0 && feed.AnswerBytes == 0)
                    return;
                await feed.WaitAsync();
            }
        }
        catch (StoreException)
        {
            // What was filled in before the failure and is dropped here is asked for again: the client resumes at what it got.
            sink.Clear();
            sink.Write(Frame.Answer(Frame.Encoder.Closing(CloseCode.Overloaded, Refusals.StoreUnavailable.Message, TimeSpan.FromSeconds(1))), null);
            await FlushAsync();
        }
    }

    private async ValueTask TellWhenToComeBackAsync()
    {
        if (_comeBackAfter is not { } wait)
            return;
        sink.WriteRetry(wait);
        await FlushAsync();
    }

    private async ValueTask WriteOnceAsync()
    {
        await feed.FillAsync(sink, _ended.Token);
        if (_keepAliveDue)
        {
            _keepAliveDue = false;
            sink.WriteKeepAlive();
        }

        if (sink.Written.Length > 0)
            await FlushAsync();
    }

    private async ValueTask FlushAsync()
    {
        for (var left = sink.Written; left.Length > 0; left = left[Math.Min(left.Length, WriteSlice)..])
        {
            Volatile.Write(ref _writingSince, time.GetTimestamp());
            await http.Response.Body.WriteAsync(left[..Math.Min(left.Length, WriteSlice)], _ended.Token);
            await http.Response.Body.FlushAsync(_ended.Token);
            Volatile.Write(ref _writingSince, 0);
        }

        Volatile.Write(ref _wroteAt, time.GetTimestamp());
        sink.Clear();
    }

    private void End()
    {
        try
        {
            _ended.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself meanwhile.
        }
    }
}
