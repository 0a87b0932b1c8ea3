using System.Collections.Concurrent;
using Hubbub.Client.Wire;
using Hubbub.Protocol;

namespace Hubbub.Client.Links;

/// <summary>
/// One live connection, of whatever kind, that reads the rooms of its host. It promises nothing: events may be missing or come twice, the rooms' cursors see to that. Run once; leaves nothing behind when
/// <see cref="RunAsync"/> has completed.
/// </summary>
internal abstract class Link(LinkHost host, Uri address, string token) : IDisposable
{
    private static long _sessions;

    /// <summary>The rooms whose stream has begun here: only the first word of it is news to who keeps a list of those present.</summary>
    private readonly ConcurrentDictionary<RoomId, byte> _begun = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public abstract TransportName Transport { get; }

    /// <summary>Completes with the server's first words: this transport works.</summary>
    public Task Opened => _opened.Task;

    /// <summary>The token it was opened with, or was given since.</summary>
    public string Token { get; protected set; } = token;

    public Uri Address => address;

    /// <summary>A number of its own for each stretch in which the server tells a story from a position on.</summary>
    public long Session { get; private set; } = Interlocked.Increment(ref _sessions);

    protected LinkHost Host => host;

    protected HubbubClientOptions Options => host.Options;

    /// <summary>Reads until it ends by itself or is cancelled; never throws.</summary>
    public async Task<LinkEnd> RunAsync(CancellationToken ct)
    {
        try
        {
            return await ServeAsync(ct);
        }
        catch (HubbubException e)
        {
            return new LinkEnd(null, e.Message, e.RetryAfter, e);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return new LinkEnd(null, "closed by ourselves");
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever the ways are in which a connection can break; the next one is opened.
            return new LinkEnd(null, e.Message);
        }
        finally
        {
            host.Options.Observer?.Ended(Session);
        }
    }

    /// <summary>The room is to be read from its position on, be it new or being read already.</summary>
    public abstract void Join(RoomSubscription room);

    public abstract void Leave(RoomId room);

    /// <summary>False where this link has no way to say it.</summary>
    public virtual bool Typing(RoomId room) => false;

    public virtual void Dispose()
    {
        // Most hold nothing when they have run.
    }

    /// <summary>A fresh token of the same user.</summary>
    public abstract void Authenticate(string fresh);

    protected abstract Task<LinkEnd> ServeAsync(CancellationToken ct);

    /// <summary>The room's stream begins anew.</summary>
    protected void Forget(RoomId room) => _begun.TryRemove(room, out _);

    /// <summary>Before anything that it brings is handed on.</summary>
    protected void SayOpened()
    {
        if (_opened.Task.IsCompleted)
            return;
        host.HasOpened(this);
        _opened.TrySetResult();
    }

    /// <summary>What comes from here on is told from other positions.</summary>
    protected void BeginSession()
    {
        host.Options.Observer?.Ended(Session);
        Session = Interlocked.Increment(ref _sessions);
    }

    /// <summary>Takes one frame. Not null if it ends the link.</summary>
    protected LinkEnd? Take(ServerFrame frame)
    {
        switch (frame.Type)
        {
            case "closing":
                return new LinkEnd(
                    (int?)frame.Payload.Number("code"), frame.Payload.Text("reason") ?? "",
                    frame.Payload.Number("retryAfter") is { } seconds ? TimeSpan.FromSeconds(Math.Clamp(seconds, 0, (long)Http.LongestRetryAfter.TotalSeconds)) : null);
            case "reconnect":
                host.ShallMove(this, frame.Payload.Text("url"));
                return null;
            case "token_expiring":
                host.TokenExpiring(this);
                return null;
            default:
                if (frame.Room is { } id && host.Find(id) is { } room)
                {
                    room.Receive(frame, Session);
                    if (frame.Type == "joined" && _begun.TryAdd(id, 0))
                        room.Presence.Begin();
                }

                return null;
        }
    }
}

/// <summary>What a link needs of its client.</summary>
internal sealed record LinkHost(
    HubbubClientOptions Options, Http Http, Func<IReadOnlyList<RoomSubscription>> Rooms, Func<RoomId, RoomSubscription?> Find,
    Action<Link> HasOpened, Action<Link, string?> ShallMove, Action<Link> TokenExpiring);
