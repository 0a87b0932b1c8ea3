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
    private readonly ILogger<Appender> _logger;
    private readonly Channel<Waiting> _queue;

    public Appender(IRoomLog log, Delivery delivery, AppenderOptions options, ILogger<Appender> logger)
    {
        _log = log;
        _delivery = delivery;
        _options = options;
        _logger = logger;
        _queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(options.QueueLength) { SingleReader = true });
    }

    /// <summary>Drafts that wait for their commit.</summary>
    public int QueueLength => _queue.Reader.Count;

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
        var batch = new List<Waiting>(_options.MaxBatch);
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (batch.Count < _options.MaxBatch && _queue.Reader.TryRead(out var waiting))
                batch.Add(waiting);
            await CommitAsync(batch);
            batch.Clear();
        }

        _delivery.Complete();
    }

    private async Task CommitAsync(List<Waiting> batch)
    {
        IReadOnlyList<AppendOutcome> outcomes;
        try
        {
            outcomes = await _log.AppendAsync(batch.ConvertAll(w => w.Draft), CancellationToken.None);
        }
        catch (StoreException e)
        {
            LogStoreFailed(e, batch.Count);
            Refuse(batch, Refusals.StoreUnavailable);
            return;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A bug in the adapter must not end the loop that every room depends on.
            LogBug(e, batch.Count);
            Refuse(batch, Refusals.Internal);
            return;
        }

        var appended = new List<RoomEvent>(batch.Count);
        foreach (var outcome in outcomes)
        {
            if (outcome.IsAppended)
                appended.Add(outcome.Event!);
        }

        // Delivery has its own loop, so that the next commit does not wait for a fan-out; its queue is bounded, and a full one holds the appender back.
        if (appended.Count > 0)
            await _delivery.EnqueueAsync(appended);
        for (var i = 0; i < batch.Count; i++)
            batch[i].Outcome.TrySetResult(outcomes[i]);
    }

    private static void Refuse(List<Waiting> batch, Refusal refusal)
    {
        foreach (var waiting in batch)
            waiting.Outcome.TrySetResult(AppendOutcome.Refused(refusal));
    }

    [LoggerMessage(LogLevel.Error, "The store did not commit {Count} events; their senders were told to try again")]
    private partial void LogStoreFailed(Exception e, int count);

    [LoggerMessage(LogLevel.Critical, "Committing {Count} events met a bug; their senders were told to try again")]
    private partial void LogBug(Exception e, int count);

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

    /// <summary>How many drafts one transaction takes at most.</summary>
    public int MaxBatch { get; init; } = 512;
}
