using Hubbub.Brokers.Announcements;
using Hubbub.Protocol;

namespace Hubbub.Brokers;

/// <summary>
/// What a node does over one connection until it breaks: send what waits, subscribe to what is wanted, and ping itself through the broker, which tries the whole way that an
/// announcement takes. The first of these to fail ends them all.
/// </summary>
internal sealed class SessionLoops(NetworkBroker broker, IBrokerSession session, BrokerOptions options, TimeProvider time)
{
    private const int PingsThatMayBeMissed = 2;

    private readonly TaskCompletionSource _subscribed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource _ping = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void HearPing() => _ping.TrySetResult();

    /// <summary>Serves the connection; throws the reason when it has broken, or that it was stopped, and then all that waited is sent.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var broken = new CancellationTokenSource();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct, broken.Token);
        Task[] loops = [SendAsync(ending.Token, broken.Token), SubscribeAsync(ending.Token), PingAsync(ending.Token)];
        try
        {
            var first = await Task.WhenAny([session.Closed, .. loops]);
            ct.ThrowIfCancellationRequested();
            await first;
            throw new IOException("the connection was closed");
        }
        finally
        {
            // What is on its way may arrive when the node stops, and cannot when the connection has broken.
            if (ct.IsCancellationRequested)
                broken.CancelAfter(options.FlushTimeout);
            else
                await broken.CancelAsync();
            await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ct.IsCancellationRequested)
                await FlushAsync(broken.Token);
        }
    }

    private async Task SendAsync(CancellationToken ending, CancellationToken broken)
    {
        while (true)
            await SendAsync(await broker.Outbound.TakeAsync(options.MaxBatch, ending), broken);
    }

    private async Task SendAsync(IReadOnlyList<Envelope> batch, CancellationToken broken)
    {
        var announcements = batch.Count(e => e.Announcement is not null);
        try
        {
            // A driver may not come back from a connection whose other side is silent.
            await session.PublishAsync(batch, broken).WaitAsync(broken);
            broker.CountSent(announcements);
        }
        catch
        {
            broker.CountDropped(announcements);
            throw;
        }
    }

    /// <summary>The node's last words: what was committed while it stopped.</summary>
    private async Task FlushAsync(CancellationToken broken)
    {
        try
        {
            while (broker.Outbound.Take(options.MaxBatch) is { Count: > 0 } batch)
                await SendAsync(batch, broken);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The others find it in the log.
        }
    }

    private async Task SubscribeAsync(CancellationToken ct)
    {
        HashSet<RoomId> subscribed = [];
        await ApplyAsync(broker.Interests.TakeAll(), subscribed, isFirst: true, ct);
        _subscribed.SetResult();
        while (true)
            await ApplyAsync(await broker.Interests.TakeChangedAsync(ct), subscribed, isFirst: false, ct);
    }

    private async Task ApplyAsync(IReadOnlyList<RoomId> changed, HashSet<RoomId> subscribed, bool isFirst, CancellationToken ct)
    {
        foreach (var rooms in changed.Chunk(options.SubscribeChunk))
        {
            var gone = Array.FindAll(rooms, room => !broker.Interests.Wants(room) && subscribed.Remove(room));
            if (gone.Length > 0)
                await session.UnsubscribeAsync(gone, ct).WaitAsync(options.SubscribeTimeout, time, ct);
            var added = Array.FindAll(rooms, room => broker.Interests.Wants(room) && subscribed.Add(room));
            if (added.Length == 0)
                continue;
            await session.SubscribeAsync(added, ct).WaitAsync(options.SubscribeTimeout, time, ct);

            // Where everything is heard, only a new connection may have missed something.
            if (isFirst || !session.HearsEverything)
                broker.TellSubscribed(added);
        }
    }

    private async Task PingAsync(CancellationToken ct)
    {
        var missed = 0;
        while (true)
        {
            var began = time.GetTimestamp();
            broker.Outbound.Ping();
            try
            {
                await _ping.Task.WaitAsync(options.PingInterval, time, ct);
            }
            catch (TimeoutException)
            {
                if (++missed == PingsThatMayBeMissed)
                    throw new SilentBrokerException($"it gave {missed} pings in a row not back within {options.PingInterval.TotalSeconds:0.#} s each");
                continue;
            }

            missed = 0;
            _ping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _subscribed.Task.WaitAsync(ct);
            broker.BeUp();
            var left = options.PingInterval - time.GetElapsedTime(began);
            if (left > TimeSpan.Zero)
                await Task.Delay(left, time, ct);
        }
    }
}

/// <summary>The connection is there, and nothing comes through it.</summary>
internal sealed class SilentBrokerException(string message) : Exception(message);
