using Hubbub.Load.Checks;
using Hubbub.Load.Figures;
using Hubbub.Load.Loop;

namespace Hubbub.Load.Posting;

/// <summary>
/// One client: it posts, waits for the answer, and posts the next: at once, or when that is due. A retryable refusal is retried with the same key
/// after 20 ms, doubling, 8 times (5 s altogether), then given up. Latency counts from the moment when a post was due, or from the first attempt.
/// </summary>
/// <param name="client">Its number.</param>
/// <param name="room">Where it posts.</param>
/// <param name="tally">What happened.</param>
/// <param name="ledger">What was acknowledged.</param>
/// <param name="interval">Nanoseconds between two posts; 0: as fast as they are acknowledged.</param>
/// <param name="offset">Nanoseconds after the start of its first, so that the clients take turns.</param>
internal sealed class PostClient(int client, int room, PostTally tally, AckLedger ledger, long interval = 0, long offset = 0) : IPostObserver
{
    private const int MaxTries = 9;
    private static readonly long s_firstPause = Clock.Milliseconds(20);

    private IPoster? _poster;
    private int _number = -1;
    private int _tries;
    private long _sentAt;
    private long _dueAt;
    private long _retryAt = long.MaxValue;
    private bool _waiting;

    /// <summary>Nothing is unanswered and nothing more will be sent.</summary>
    public bool IsDone { get; private set; }

    public void Begin(IPoster poster, long now)
    {
        _poster = poster;
        _dueAt = now + offset;
        PostNext(now);
    }

    public void OnTick(long now)
    {
        if (now < _retryAt || IsDone)
            return;
        _retryAt = long.MaxValue;
        Attempt();
    }

    /// <summary>The time for answers is over; what is open now stays unknown.</summary>
    public void Abandon()
    {
        if (!IsDone && _waiting)
            tally.Unanswered++;
        IsDone = true;
    }

    public void OnStored(IPoster poster, int number, long sequence, uint epoch, long now)
    {
        if (IsDone)
            return;
        _waiting = false;
        if (number != _number)
        {
            tally.Fault($"client {client} was acknowledged message {number} while it waited for {_number}");
            IsDone = true;
            return;
        }
        ledger.Acknowledge(room, client, number, sequence, epoch);
        tally.Stored(_sentAt, now);
        PostNext(now);
    }

    public void OnRefused(IPoster poster, int number, string code, bool retryable, long now)
    {
        if (IsDone)
            return;
        _waiting = false;
        tally.Refused(code);
        if (retryable && _tries < MaxTries)
        {
            _retryAt = now + (s_firstPause << (_tries - 1));
            return;
        }
        tally.GivenUp++;
        // A refusal that a retry cannot help would come again at once and for ever.
        if (retryable)
            PostNext(now);
        else
            IsDone = true;
    }

    public void OnLost(IPoster poster, string reason)
    {
        if (IsDone || _poster is null)
            return;
        tally.Fault($"client {client} lost its connection: {reason}");
        Abandon();
    }

    private void PostNext(long now)
    {
        if (now >= tally.End || tally.IsFull)
        {
            IsDone = true;
            return;
        }
        _number++;
        _tries = 0;
        _sentAt = now;
        if (interval > 0)
        {
            _sentAt = _dueAt;
            _dueAt += interval;
            if (_sentAt > now)
            {
                _retryAt = _sentAt;
                return;
            }
        }

        Attempt();
    }

    private void Attempt()
    {
        _tries++;
        _waiting = true;
        _poster!.Post(_number, _sentAt);
    }
}
