namespace Hubbub.Load.Loop;

/// <summary>
/// Something that an <see cref="EventLoop"/> watches: a socket, a timer. Belongs to one loop and lives on its thread.
/// </summary>
internal abstract class LoopHandler
{
    /// <summary>The loop's number for this handler; only the loop sets it.</summary>
    public int Slot { get; set; } = -1;

    public int Descriptor { get; protected set; } = -1;

    /// <summary>The kernel reported <paramref name="events"/> (epoll's bits). Must not block.</summary>
    public abstract void OnReady(uint events);

    /// <summary>The loop ends: let go of the descriptor. Called at most once more after the handler closed itself.</summary>
    public abstract void Shut();
}
