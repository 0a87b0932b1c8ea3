using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;

namespace Hubbub.Server.Transports.WebSockets;

/// <summary>
/// What a client does on its socket (docs/protocol.md § 5): each frame becomes an act, authorised by itself, and is answered through the feed. Called by the reading side,
/// one frame at a time; <see cref="Tick"/> comes from the timer.
/// </summary>
internal sealed class ClientActs
{
    /// <summary>So many frames that are no Hubbub frames end the connection: whoever is there speaks something else.</summary>
    private const int MaxBadFrames = 10;

    /// <summary>Posts of one connection that may wait for their commit before the next frame is read.</summary>
    private const int MaxPostsInFlight = 64;
    private static readonly TimeSpan ExpiryWarning = TimeSpan.FromMinutes(1);

    private readonly IConnection _connection;
    private readonly Feed _feed;
    private readonly ActServices _services;
    private volatile Caller? _caller;
    private DateTimeOffset _warnedAbout;
    private RoomId? _joinedLast;
    private int _badFrames;
    private int _postsInFlight;
    private Place _place;

    // The acks go out in the order of the posts: each waits for the one before.
    private Task _acks = Task.CompletedTask;

    public ClientActs(IConnection connection, Feed feed, ActServices services, Caller? caller, Place place)
    {
        _connection = connection;
        _feed = feed;
        _services = services;
        _place = place;
        if (caller is not null)
            Welcome(default, caller, newToken: null);
    }

    /// <summary>Takes one text message. False when the connection is to end.</summary>
    public async ValueTask<bool> TakeAsync(ReadOnlyMemory<byte> utf8)
    {
        var refusal = FrameDecoder.Decode(utf8, out var frame, out var id);
        if (refusal is not null)
            return Refuse(id, refusal) && (!IsForeign(refusal) || CountBadFrame());
        if (frame is AuthFrame auth)
            return Authenticate(auth);
        if (_caller is null && !BecomeGuest(id))
            return false;
        try
        {
            refusal = frame switch
            {
                MessageFrame message => await PostAsync(message),
                JoinFrame join => await JoinAsync(join),
                LeaveFrame leave => _feed.Leave(leave.Room, leave.Id) ? null : Refusals.NotJoined,
                TypingFrame typing => await TypingAsync(typing),
                PingFrame => Pong(id),
                _ => Refusals.UnknownType("This frame has no meaning here."),
            };
        }
        catch (UnjudgedReadingException)
        {
            // It was told that it has joined. It comes back in a moment, here or elsewhere, at the same positions.
            _connection.Close(CloseCode.Overloaded, Refusals.StoreUnavailable.Message, TimeSpan.FromSeconds(1));
            return false;
        }
        catch (StoreException)
        {
            refusal = Refusals.StoreUnavailable;
        }

        if (refusal is not null)
            Refuse(id, refusal);
        return true;
    }

    /// <summary>Completes when every post that was taken in has been answered.</summary>
    public async Task CompleteAsync() => await _acks;

    /// <summary>The connection has ended.</summary>
    public void Leave() => _services.Admission.Leave(_place);

    /// <summary>Ends what has expired, and warns a minute before.</summary>
    public void Tick(TimeSpan age)
    {
        if (_caller is not { } caller)
        {
            if (!_services.Guests.Allowed && age > _services.Options.AuthWithin)
                _connection.Close(CloseCode.Unauthenticated, "no auth frame came in time");
            return;
        }

        if (!_services.Tokens.Amend(caller).Is(out var amended, out var ended))
        {
            _connection.Close(CloseCode.Unauthenticated, ended.Message);
            return;
        }

        // What they are called now is what their next message says. Not put in the place of a caller that a fresh token has just brought.
        if (!ReferenceEquals(amended, caller))
            Interlocked.CompareExchange(ref _caller, amended, caller);
        var left = caller.ExpiresAt - _services.Time.GetUtcNow();
        if (left <= TimeSpan.Zero)
        {
            _connection.Close(CloseCode.Unauthenticated, "the token has expired");
        }
        else if (left <= ExpiryWarning && _warnedAbout != caller.ExpiresAt)
        {
            _warnedAbout = caller.ExpiresAt;
            _feed.Answer(Frame.Encoder.TokenExpiring(caller.ExpiresAt));
        }
    }

    private bool Authenticate(AuthFrame auth)
    {
        var validated = _services.Tokens.Validate(auth.Token);
        if (!validated.Is(out var caller, out var refusal))
        {
            Refuse(auth.Id, refusal);
            if (_caller is not null)
                return true;
            _connection.Close(CloseCode.Unauthenticated, refusal.Message);
            return false;
        }

        if (_caller is { } known && known.User.Id != caller.User.Id)
            return Refuse(auth.Id, Refusals.Forbidden("A connection stays with its user; open another for another user."));
        return TryWelcome(auth.Id, caller, newToken: null);
    }

    private bool BecomeGuest(FrameId id)
    {
        if (_services.Guests.Make(null).Is(out var guest, out var refusal))
        {
            return TryWelcome(default, guest.Caller, guest.Token);
        }

        Refuse(id, Refusals.Unauthenticated);
        _connection.Close(CloseCode.Unauthenticated, refusal.Message);
        return false;
    }

    /// <summary>False if they have too many connections already.</summary>
    private bool TryWelcome(FrameId id, Caller caller, string? newToken)
    {
        if (_services.Admission.TryIdentify(caller.User, ref _place) is { } refusal)
        {
            Refuse(id, refusal);
            _connection.Close(CloseCode.Overloaded, refusal.Message, TimeSpan.FromSeconds(1));
            return false;
        }

        Welcome(id, caller, newToken);
        return true;
    }

    private void Welcome(FrameId id, Caller caller, string? newToken)
    {
        _feed.Identify(caller.User);
        _caller = caller;
        _feed.Answer(Frame.Encoder.Welcome(id, caller.User, caller.ExpiresAt, (int)_services.Options.PingAfter.TotalSeconds, newToken));
    }

    private async ValueTask<Refusal?> JoinAsync(JoinFrame join)
    {
        var start = join.After is { } after ? StartAt.Behind(after) : join.Last is { } last ? StartAt.Newest(last) : StartAt.Head;
        if (await _services.Rooms.ListenAsync(_feed, _caller!, join.Room, start, join.Id, CancellationToken.None) is { } refusal)
            return refusal;
        _joinedLast = join.Room;
        return null;
    }

    private async ValueTask<Refusal?> PostAsync(MessageFrame message)
    {
        if ((message.Room ?? _joinedLast) is not { } room)
            return Refusals.NotJoined;
        var begun = await _services.Conversation.BeginPostAsync(
            _caller!, room, new NewMessage(message.Message, message.Key, message.ReplyTo, message.Thread, message.Files), CancellationToken.None);
        if (!begun.Is(out var storing, out var refusal))
            return refusal;
        _acks = AckAsync(_acks, storing, message.Id);
        if (Interlocked.Increment(ref _postsInFlight) >= MaxPostsInFlight)
            await _acks;
        return null;
    }

    private async Task AckAsync(Task before, Task<Outcome<Posted>> storing, FrameId id)
    {
        var outcome = await storing;
        await before;
        Interlocked.Decrement(ref _postsInFlight);
        if (!outcome.Is(out var posted, out var refusal))
            Refuse(id, refusal);
        else if (!id.IsNone)
            _feed.Answer(Frame.Encoder.Ack(id, posted.Event.Room, posted.Event.Position, posted.Event.SentAt, posted.Repeated));
    }

    private async ValueTask<Refusal?> TypingAsync(TypingFrame typing)
    {
        if ((typing.Room ?? _joinedLast) is not { } room)
            return Refusals.NotJoined;
        return await _services.Conversation.TypingAsync(_caller!, room, CancellationToken.None);
    }

    private Refusal? Pong(FrameId id)
    {
        _feed.Answer(Frame.Encoder.Pong(id));
        return null;
    }

    private bool Refuse(FrameId id, Refusal refusal)
    {
        _feed.Answer(Frame.Encoder.Error(id, refusal));
        return true;
    }

    /// <summary>Whether the frame is none of ours; a value that a rule refuses (a room, a position, a key) may be a person's slip.</summary>
    private static bool IsForeign(Refusal refusal) => refusal.Code is "bad_json" or "bad_frame" or "unknown_type";

    private bool CountBadFrame()
    {
        if (++_badFrames < MaxBadFrames)
            return true;
        _connection.Close(CloseCode.NotHubbub, "too many frames that are not Hubbub's");
        return false;
    }
}
