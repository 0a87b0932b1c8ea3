using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.TestKit.Simulation;
using Hubbub.Torture.History;

namespace Hubbub.UnitTests.Simulation;

/// <summary>A client that posts: each message under a key of its own, tried again on another node until somebody says yes or no, or its patience ends.</summary>
internal sealed class Poster
{
    private const int MaxAttempts = 8;

    private readonly Cluster _cluster;
    private readonly Simulator _sim;
    private readonly Caller _caller;
    private readonly Actor _actor;
    private int _names;
    private int _lanes;

    public Poster(Cluster cluster, Caller caller)
    {
        _cluster = cluster;
        _sim = cluster.Sim;
        _caller = caller;
        _actor = _sim.NewActor(caller.User.Id.Value);
    }

    public bool IsDone => _lanes == 0;

    /// <summary>Posts so many messages: one after the other with pauses, or as a burst, several at a time.</summary>
    public void Start(int messages)
    {
        var isBurst = _sim.Chance(0.25);
        _lanes = isBurst ? Math.Min(messages, 8) : 1;
        var each = messages / _lanes;
        for (var i = 0; i < _lanes; i++)
            _actor.Do(async () => await PostManyAsync(each, isBurst ? TimeSpan.Zero : _cluster.Scenario.Duration / messages * 2));
    }

    /// <summary>Posts one message and goes on until it is confirmed.</summary>
    public Task<bool> PostSurelyAsync(RoomId room) => _actor.Call(async () =>
    {
        for (var i = 0; i < 100; i++)
        {
            if (await PostAsync(room))
                return true;
        }

        return false;
    });

    private async Task PostManyAsync(int messages, TimeSpan longestPause)
    {
        await _sim.Delay(_sim.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(200)));
        for (var i = 0; i < messages && !_cluster.IsHealed; i++)
        {
            await _sim.Delay(_sim.Between(TimeSpan.Zero, longestPause));
            var room = _sim.Pick(_cluster.Rooms);
            if (_sim.Chance(0.05))
                await EditSomethingAsync(room);
            else
                await PostAsync(room);
        }

        _lanes--;
    }

    private async Task<bool> PostAsync(RoomId room)
    {
        var name = $"{_caller.User.Id}.{++_names}";
        var text = $"{name} {new string('x', _sim.Pick([0, 10, 10, 300]))}";
        var key = _sim.Chance(0.9) ? name : null;
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            if (_cluster.FindNode() is not { } node)
            {
                await PauseAsync();
                continue;
            }

            Note(at => new PostInvoked(at, Name, room, name, Fingerprint.Of(text)));
            var verdict = await AskAsync(node, room, name, text, key);
            if (verdict is Verdict.Confirmed or Verdict.Refused)
                return verdict == Verdict.Confirmed;

            // Without a key a retry could store it twice.
            if (verdict == Verdict.Uncertain && key is null)
                return false;
            await PauseAsync();
        }

        return false;
    }

    private async Task<Verdict> AskAsync(SimulatedNode node, RoomId room, string name, string text, string? key)
    {
        Outcome<Posted> outcome;
        try
        {
            outcome = await node.AskAsync(n => n.Conversation.PostAsync(_caller, room, new NewMessage(text, key), default).AsTask(), _cluster.LosesAnswers);
        }
        catch (Exception e) when (e is ConnectionLostException or StoreException)
        {
            Note(at => new PostUncertain(at, Name, room, name));
            return Verdict.Uncertain;
        }

        if (outcome.Is(out var posted, out var refusal))
        {
            if (posted.Repeated)
                _cluster.Saw("a repeated key");
            Note(at => new PostConfirmed(at, Name, room, name, posted.Event.Position));
            return Verdict.Confirmed;
        }

        _cluster.Saw($"a refused post: {refusal.Code}");
        if (refusal == Refusals.StoreUnavailable || refusal == Refusals.Internal)
        {
            Note(at => new PostUncertain(at, Name, room, name));
            return Verdict.Uncertain;
        }

        Note(at => new PostRefused(at, Name, room, name));
        return refusal.Retryable ? Verdict.TryLater : Verdict.Refused;
    }

    /// <summary>Other kinds of events: an edit or a deletion of whatever stands there, if it is ours.</summary>
    private async Task EditSomethingAsync(RoomId room)
    {
        if (_cluster.FindNode() is not { } node || await _cluster.HeadAsync(room) is not { } head)
            return;
        var message = head with { Sequence = _sim.Random.NextInt64(1, head.Sequence + 1) };
        try
        {
            await _cluster.NoteDeletionAsync(room, message);
            await node.AskAsync(
                n => _sim.Chance(0.5)
                    ? n.Conversation.EditAsync(_caller, room, message, "better said", null, default).AsTask()
                    : n.Conversation.DeleteAsync(_caller, room, message, default).AsTask(),
                _cluster.LosesAnswers);
        }
        catch (Exception e) when (e is ConnectionLostException or StoreException)
        {
            // Whether it happened shows in the log.
        }
    }

    private string Name => _caller.User.Id.Value;

    private Task PauseAsync() => _sim.Delay(_sim.Between(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(500)));

    private void Note(Func<long, Record> make) => _cluster.History.Note(make);

    private enum Verdict
    {
        Confirmed,
        Refused,
        TryLater,
        Uncertain,
    }
}
