using System.Threading.Channels;
using Hubbub.Protocol;
using Microsoft.Extensions.Logging;

namespace Hubbub.Core.Log;

/// <summary>
/// Group commit: while one transaction is on its way to the disk, everything that arrives, of all rooms, waits and becomes the next one. So the commit rate of the disk bounds
/// latency, not throughput. The queue is bounded; when it is full a draft is refused with <c>overloaded</c> and nothing of it is stored.
/// </summary>
/// <remarks>
/// <see cref="AppendAsync"/> may be called from any thread; one <see cref="RunAsync"/> does the work. A caller is told only after the commit. Once a draft is queued it will be
/// stored whether or not its caller still waits: that is the point of no return.
/// </remarks>
public sealed partial class Appender
{
    private readonly IRoomLog _log;
    private readonly Delivery _delivery;
    private readonly AppenderOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<Appender> _logger;
    private readonly Channel<Waiting> _queue;
    private long _stored;

    public Appender(IRoomLog log, Delivery delivery, AppenderOptions options, TimeProvider time, ILogger<Appender> logger)
    {
        _log = log;
        _delivery = delivery;
        _options = options;
        _time = time;
        _logger = logger;
        _queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(options.QueueLength) { SingleReader = true });
    }

    /// <summary>Drafts that wait for their commit.</summary>
    public int QueueLength => _queue.Reader.Count;

    /// <summary>Events stored since the start.</summary>
    public long Stored => Interlocked.Read(ref _stored);

    /// <summary>Stores one draft durably and tells what became of it; never throws for a busy or failing store.</summary>
    public Task<AppendOutcome> AppendAsync(Draft draft)
    {
        var waiting = new Waiting(draft);
        return _queue.Writer.TryWrite(waiting) ? waiting.Outcome.Task : Task.FromResult(AppendOutcome.Refused(Refusals.Overloaded));
    }

    /// <summary>Commits batch after batch; when stopped, first commits what is queued already and refuses the rest.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var stopping = ct.Register(() => _queue.Writer.TryComplete());
        var committed = new Batch(_options.MaxBatch);
        var next = new Batch(_options.MaxBatch);
        while (true)
        {
            if (committed.IsEmpty && !await _queue.Reader.WaitToReadAsync(CancellationToken.None))
                return;
            while (!next.IsFull && _queue.Reader.TryRead(out var waiting))
                next.Add(waiting);

            // While the disk is at the next batch, the last one is delivered and answered.
            var committing = next.IsEmpty ? default : CommitAsync(next);
            Finish(committed);
            await committing;
            (committed, next) = (next, committed);
        }
    }

    private async ValueTask CommitAsync(Batch batch)
    {
        var began = _time.GetTimestamp();
        try
        {
            batch.Outcomes = await _log.AppendAsync(batch.Drafts(), CancellationToken.None);
        }
        catch (StoreException e)
        {
            LogStoreFailed(e, batch.Waiting.Count);
            Refuse(batch, Refusals.StoreUnavailable);
            if (_time.GetElapsedTime(began) >= _options.Patience)
                RefuseQueued();
            return;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A bug in the adapter must not end the loop that every room depends on.
            LogBug(e, batch.Waiting.Count);
            Refuse(batch, Refusals.Internal);
            return;
        }

        foreach (var outcome in batch.Outcomes)
        {
            if (outcome.IsAppended)
                batch.Appended.Add(outcome.Event!);
        }

        Interlocked.Add(ref _stored, batch.Appended.Count);
        _delivery.Note(batch.Appended);
    }

    private void Finish(Batch batch)
    {
        if (batch.Appended.Count > 0)
            _delivery.Deliver(batch.Appended);
        for (var i = 0; i < batch.Waiting.Count; i++)
            batch.Waiting[i].Outcome.TrySetResult(batch.Outcomes[i]);
        batch.Clear();
    }

    /// <summary>
    /// Those who waited behind a commit that took its time to fail have waited long enough: each would wait as long again for its own. None of them is stored.
    /// </summary>
    private void RefuseQueued()
    {
        for (var left = _queue.Reader.Count; left > 0 && _queue.Reader.TryRead(out var waiting); left--)
            waiting.Outcome.TrySetResult(AppendOutcome.Refused(Refusals.StoreUnavailable));
    }

    private static void Refuse(Batch batch, Refusal refusal)
    {
        foreach (var waiting in batch.Waiting)
            waiting.Outcome.TrySetResult(AppendOutcome.Refused(refusal));
        batch.Clear();
    }

    [LoggerMessage(LogLevel.Error, "The store did not commit {Count} events; their senders were told to try again")]
    private partial void LogStoreFailed(Exception e, int count);

    [LoggerMessage(LogLevel.Critical, "Committing {Count} events met a bug; their senders were told to try again")]
    private partial void LogBug(Exception e, int count);

    /// <summary>What goes into one transaction, and what became of it.</summary>
    private sealed class Batch(int atMost)
    {
        public List<Waiting> Waiting { get; } = [];

        public IReadOnlyList<AppendOutcome> Outcomes { get; set; } = [];

        /// <summary>Those of the outcomes that are to be delivered.</summary>
        public List<RoomEvent> Appended { get; } = [];

        public bool IsEmpty => Waiting.Count == 0;

        public bool IsFull => Waiting.Count == atMost;

        public void Add(Waiting waiting) => Waiting.Add(waiting);

        public List<Draft> Drafts() => Waiting.ConvertAll(w => w.Draft);

        public void Clear()
        {
            Waiting.Clear();
            Appended.Clear();
            Outcomes = [];
        }
    }

    private sealed class Waiting(Draft draft)
    {
        public Draft Draft { get; } = draft;

        public TaskCompletionSource<AppendOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>The limits of the appender.</summary>
public sealed record AppenderOptions
{
    /// <summary>How many drafts may wait; beyond it they are refused with <c>overloaded</c>.</summary>
    public int QueueLength { get; init; } = 10_000;

    /// <summary>When a commit that took at least as long has failed, those who waited behind it are refused too, instead of waiting as long again.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many drafts one transaction takes at most.</summary>
    public int MaxBatch { get; init; } = 512;
}
