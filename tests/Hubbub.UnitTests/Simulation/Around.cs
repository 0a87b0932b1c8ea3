using Hubbub.Core.Broker;
using Hubbub.Core.Hub;
using Hubbub.Core.Log;
using Hubbub.Protocol;

namespace Hubbub.UnitTests.Simulation;

/// <summary>Passes every call on; mutations override what they want to break.</summary>
internal abstract class LogAround(IRoomLog inner) : IRoomLog
{
    protected IRoomLog Inner => inner;

    public virtual ValueTask<IReadOnlyList<AppendOutcome>> AppendAsync(IReadOnlyList<Draft> batch, CancellationToken ct) => inner.AppendAsync(batch, ct);

    public virtual ValueTask<LogPage?> ReadAsync(RoomId room, long after, int limit, CancellationToken ct) => inner.ReadAsync(room, after, limit, ct);

    public virtual ValueTask<IReadOnlyList<Position?>> HeadsAsync(IReadOnlyList<RoomId> rooms, CancellationToken ct) => inner.HeadsAsync(rooms, ct);
}

/// <inheritdoc cref="LogAround"/>
internal abstract class BrokerAround(IBroker inner) : IBroker
{
    public virtual event Action<IReadOnlyList<RoomId>>? Subscribed
    {
        add => inner.Subscribed += value;
        remove => inner.Subscribed -= value;
    }

    public BrokerStatus Status => inner.Status;

    public virtual IDisposable Listen(Action<Announcement> receive) => inner.Listen(receive);

    public virtual void Subscribe(RoomId room) => inner.Subscribe(room);

    public virtual void Unsubscribe(RoomId room) => inner.Unsubscribe(room);

    public virtual void Announce(Announcement announcement) => inner.Announce(announcement);

    public Task RunAsync(CancellationToken ct) => inner.RunAsync(ct);
}

/// <inheritdoc cref="LogAround"/>
internal abstract class SinkAround(IFrameSink inner) : IFrameSink
{
    public virtual bool IsFull => inner.IsFull;

    public virtual void Write(Frame frame, Subscription? subscription) => inner.Write(frame, subscription);
}
