using System.Security.Cryptography;
using Hubbub.Protocol;

namespace Hubbub.Client;

/// <summary>
/// A post between the hand and the log. <see cref="Posted"/> completes when it is stored, and fails with a <see cref="HubbubException"/> when it was refused for good or the client is disposed.
/// </summary>
public sealed class PendingPost
{
    private readonly TaskCompletionSource<Position> _posted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal PendingPost(string text, string key, Position? replyTo, Position? thread, IReadOnlyList<string>? files)
    {
        Text = text;
        Key = key;
        ReplyTo = replyTo;
        Thread = thread;
        Files = files;

        // Looked at, so that one which nobody awaits is no unobserved exception.
        _ = _posted.Task.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    public string Text { get; }

    /// <summary>The same in its event.</summary>
    public string Key { get; }

    /// <summary>The message that it answers.</summary>
    public Position? ReplyTo { get; }

    /// <summary>The message in whose thread it is to stand.</summary>
    public Position? Thread { get; }

    /// <summary>The ids of the files that it brings.</summary>
    public IReadOnlyList<string>? Files { get; }

    /// <summary>Where it is stored.</summary>
    public Task<Position> Posted => _posted.Task;

    internal void Succeed(Position position) => _posted.TrySetResult(position);

    internal void Fail(HubbubException error) => _posted.TrySetException(error);
}

/// <summary>The posts of one room, sent one after the other until each is acknowledged or refused for good. Thread-safe.</summary>
internal sealed class Outbox(RoomId room, RoomHost host)
{
    private readonly Lock _lock = new();
    private readonly Queue<PendingPost> _waiting = new();
    private readonly Backoff _backoff = new(host.Random);
    private Task _sending = Task.CompletedTask;
    private bool _isSending;

    /// <summary>Ends the try that is under way.</summary>
    private CancellationTokenSource? _trying;

    public IReadOnlyList<PendingPost> Pending
    {
        get
        {
            lock (_lock)
                return [.. _waiting];
        }
    }

    public PendingPost Add(string text, string? key, Position? replyTo = null, Position? thread = null, IReadOnlyList<string>? files = null)
    {
        var post = new PendingPost(text, key ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), replyTo, thread, files);
        lock (_lock)
        {
            if (host.Stopped.IsCancellationRequested)
                post.Fail(new HubbubException("closed", "The client is closed."));
            else if (_waiting.Count >= host.Options.MaxPosts)
                post.Fail(new HubbubException("outbox_full", $"{host.Options.MaxPosts} posts wait already."));
            else
                _waiting.Enqueue(post);
            if (!_isSending && _waiting.Count > 0)
            {
                _isSending = true;
                _sending = Task.Run(SendAllAsync);
            }
        }

        return post;
    }

    /// <summary>An event of this room has been handed on. If it is the post that is being sent, that is acknowledgement enough: its answer may be lost, or late.</summary>
    public void Arrived(RoomEvent happened)
    {
        if (happened.Key is not { } key || happened.Content is not MessagePosted || happened.Sender.Id != host.Me()?.Id)
            return;
        lock (_lock)
        {
            if (_waiting.TryPeek(out var first) && first.Key == key)
            {
                first.Succeed(happened.Position);
                _trying?.Cancel();
            }
        }
    }

    public Task EndedAsync()
    {
        lock (_lock)
            return _sending;
    }

    private async Task SendAllAsync()
    {
        while (true)
        {
            PendingPost next;
            using var trying = CancellationTokenSource.CreateLinkedTokenSource(host.Stopped);
            lock (_lock)
            {
                if (!_waiting.TryPeek(out next!))
                {
                    _isSending = false;
                    return;
                }

                _trying = trying;
            }

            var over = await TrySendAsync(next, trying.Token);
            lock (_lock)
            {
                _trying = null;
                if (over || next.Posted.IsCompletedSuccessfully)
                {
                    _waiting.Dequeue();
                    _backoff.Reset();
                }

                if (!host.Stopped.IsCancellationRequested)
                    continue;
                while (_waiting.TryDequeue(out var left))
                    left.Fail(new HubbubException("closed", "The client was closed; whether the post is stored is not known."));
                _isSending = false;
                return;
            }
        }
    }

    /// <summary>False if it is to be tried again.</summary>
    private async Task<bool> TrySendAsync(PendingPost post, CancellationToken ct)
    {
        TimeSpan wait;
        try
        {
            post.Succeed(await host.Api.PostAsync(room, post.Text, post.Key, post.ReplyTo, post.Thread, post.Files, ct));
            return true;
        }
        catch (HubbubException e) when (e.Retryable || !e.IsServers)
        {
            var own = _backoff.Next();
            wait = e.RetryAfter is { } asked && asked > own ? asked : own;
        }
        catch (HubbubException e)
        {
            post.Fail(e);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        await Task.Delay(wait, host.Options.Time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return false;
    }
}
