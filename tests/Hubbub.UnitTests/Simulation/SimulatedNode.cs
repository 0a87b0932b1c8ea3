using Hubbub.Core.Broker;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Core.People;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.TestKit.Simulation;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hubbub.UnitTests.Simulation;

/// <summary>What a node is given: the seams, and the limits.</summary>
internal sealed record NodeParts(IRoomLog Log, IRoomDirectory Directory, IBroker Broker, HubOptions Hub, AppenderOptions Appender, Func<Epoch> DrawEpoch, Func<SimulatedNode, IShard> Shard);

/// <summary>A request went out, and the answer will never come: the node died, or the connection did.</summary>
internal sealed class ConnectionLostException : Exception;

/// <summary>One process of the server: the production core, composed as the server composes it, on an actor of its own that can die at any step.</summary>
internal sealed class SimulatedNode
{
    private readonly Simulator _sim;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Action> _whenLost = [];
    private Task _loops = Task.CompletedTask;

    public SimulatedNode(Simulator sim, string name, Func<Actor, NodeParts> partsFor)
    {
        _sim = sim;
        Actor = sim.NewActor(name);
        var parts = partsFor(Actor);
        var rooms = new RoomsOptions();
        Log = parts.Log;
        Hub = new Hub(parts.Log, parts.Broker, parts.Hub, sim.Time, NullLogger<Hub>.Instance);
        Delivery = new Delivery(Hub, parts.Broker);
        Appender = new Appender(parts.Log, Delivery, parts.Appender, sim.Time, NullLogger<Appender>.Instance);
        Access = new RoomAccess(parts.Directory, new InMemoryPeople(sim.Time), sim.Time, Delivery);
        Rooms = new RoomRegistry(parts.Directory, Access, Appender, rooms, sim.Time, parts.DrawEpoch);
        Members = new Members(Rooms, Access, parts.Directory, Appender, sim.Time);
        Conversation = new Conversation(Rooms, Access, new Mentions(parts.Directory, Delivery, sim.Time), Appender, parts.Log, new InMemoryStore(sim.Time), Hub, rooms, sim.Time);
        Shard = parts.Shard(this);
        Invitations = new Invitations(Access, Members, parts.Directory, rooms, sim.Time);
    }

    public Actor Actor { get; }

    public IRoomLog Log { get; }

    public Hub Hub { get; }

    /// <summary>The node's loop.</summary>
    public IShard Shard { get; }

    public Delivery Delivery { get; }

    public Appender Appender { get; }

    public RoomAccess Access { get; }

    public RoomRegistry Rooms { get; }

    public Members Members { get; }

    public Conversation Conversation { get; }

    public Invitations Invitations { get; }

    /// <summary>What ended a loop that should never end: a bug.</summary>
    public Exception? Bug { get; private set; }

    public bool TakesRequests { get; private set; }

    public void Start()
    {
        TakesRequests = true;
        Actor.Do(() => _loops = RunAsync());
    }

    /// <summary>The process is gone: nothing of it goes on, and whoever is connected finds out some time later.</summary>
    public void Kill()
    {
        TakesRequests = false;
        Actor.Die();
        foreach (var lose in _whenLost.ToArray())
            lose();
        _whenLost.Clear();
    }

    /// <summary>The process ends in order: it takes nothing new in, commits what waits, delivers it, and goes.</summary>
    public async Task StopAsync()
    {
        TakesRequests = false;
        await Actor.Call(async () =>
        {
            _stopping.Cancel();
            await _loops;
            return true;
        });
        Kill();
    }

    /// <summary>A request over the network. The answer may be lost although the act was done, and with the node everything is.</summary>
    public async Task<T> AskAsync<T>(Func<SimulatedNode, Task<T>> act, double losesAnswer)
    {
        if (!TakesRequests)
            throw new ConnectionLostException();
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var lost = OnLost(() => answer.TrySetException(new ConnectionLostException()));
        var patience = new ConnectionLostException();
        _sim.After(TimeSpan.FromSeconds(20), () => answer.TrySetException(patience));
        Actor.Do(async () =>
        {
            try
            {
                var made = await act(this);
                if (_sim.Chance(losesAnswer))
                    answer.TrySetException(new ConnectionLostException());
                else
                    answer.TrySetResult(made);
            }
            catch (StoreException e)
            {
                answer.TrySetException(e);
            }
        });
        return await answer.Task;
    }

    /// <summary>Registers what to do when the process is gone, until disposed.</summary>
    public IDisposable OnLost(Action lose)
    {
        _whenLost.Add(lose);
        return new Registration(() => _whenLost.Remove(lose));
    }

    private async Task RunAsync()
    {
        try
        {
            var hub = GuardAsync(Hub.RunAsync(_stopping.Token));
            await GuardAsync(Appender.RunAsync(_stopping.Token));
            await hub;
        }
        catch (Exception e)
        {
            Bug ??= e;
        }
    }

    private async Task GuardAsync(Task loop)
    {
        try
        {
            await loop;
            if (!_stopping.IsCancellationRequested)
                Bug ??= new InvalidOperationException("A loop ended though nobody had stopped it.");
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // That is how the hub stops.
        }
        catch (Exception e)
        {
            Bug ??= e;
        }
    }

    private sealed class Registration(Action undo) : IDisposable
    {
        public void Dispose() => undo();
    }
}
