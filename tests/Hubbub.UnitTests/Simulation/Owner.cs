using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.TestKit.Simulation;

namespace Hubbub.UnitTests.Simulation;

/// <summary>Who keeps the rooms: creates them, invites everybody, removes somebody, and invites some of them back. Asks again until it is answered.</summary>
internal sealed class Owner(Cluster cluster, Caller caller)
{
    private readonly Dictionary<RoomId, string> _links = [];

    public async Task CreateRoomsAsync(IReadOnlyList<Caller> everybody)
    {
        var visibility = cluster.Scenario.Private ? Visibility.Private : Visibility.Public;
        foreach (var room in cluster.Rooms)
        {
            var consistency = cluster.Relaxed.Contains(room) ? Consistency.Relaxed : Consistency.Strong;
            await InsistAsync(n => n.Rooms.CreateAsync(caller, room, null, visibility, consistency, default), ends: r => r == Refusals.RoomExists);
            if (await InsistAsync(n => n.Invitations.MakeAsync(caller, room, null, default)) is { } made)
                _links[room] = made.Token;
            if (visibility == Visibility.Public)
                continue;
            foreach (var guest in everybody)
                await AcceptAsync(guest, room);
        }
    }

    /// <summary>Removes somebody; true when it was confirmed.</summary>
    public async Task<bool> RemoveAsync(UserId user, RoomId room)
    {
        var removed = await InsistAsync(async n => await n.Members.RemoveAsync(caller, room, user, default) is { } refusal ? refusal : Outcome<object>.Of(room));
        if (removed is null)
            return false;
        cluster.Removed(user, room);
        return true;
    }

    public async Task<bool> TakeBackAsync(Caller guest, RoomId room)
    {
        // From here on it may be in force, whatever the answer.
        cluster.Returned(guest.User.Id, room);
        return await AcceptAsync(guest, room);
    }

    private async Task<bool> AcceptAsync(Caller guest, RoomId room) =>
        _links.TryGetValue(room, out var link) && await InsistAsync(n => n.Invitations.AcceptAsync(guest, link, default)) is not null;

    private async Task<T?> InsistAsync<T>(Func<SimulatedNode, ValueTask<Outcome<T>>> act, Predicate<Refusal>? ends = null)
        where T : class
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            if (cluster.FindNode() is { } node)
            {
                try
                {
                    var outcome = await node.AskAsync(n => act(n).AsTask(), losesAnswer: 0);
                    if (outcome.Is(out var value, out var refusal))
                        return value;
                    if (!refusal.Retryable || ends?.Invoke(refusal) == true)
                        return null;
                }
                catch (Exception e) when (e is ConnectionLostException or StoreException)
                {
                    // Once more: all of these acts may be repeated.
                }
            }

            await cluster.Sim.Delay(TimeSpan.FromMilliseconds(50));
        }

        return null;
    }
}
