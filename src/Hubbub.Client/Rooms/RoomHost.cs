using Hubbub.Protocol;

namespace Hubbub.Client;

/// <summary>What a room needs of its client.</summary>
/// <param name="Api">The API.</param>
/// <param name="Options">The client's.</param>
/// <param name="Random">Locked by whoever uses it.</param>
/// <param name="Me">Who we are, once the server has said so.</param>
/// <param name="IsOnline">Whether there is a link.</param>
/// <param name="Typing">Says that we type there; false if the link in use has no way to.</param>
/// <param name="Restart">Has the room read from its position.</param>
/// <param name="EndedBy">The room's story is over; true if by ourselves, so that the server has to be told.</param>
/// <param name="Stopped">The client is disposed.</param>
internal sealed record RoomHost(
    HubbubApi Api, HubbubClientOptions Options, Random Random, Func<User?> Me, Func<bool> IsOnline, Func<RoomId, bool> Typing,
    Action<RoomSubscription> Restart, Action<RoomSubscription, bool> EndedBy, CancellationToken Stopped)
{
    public void Ended(RoomSubscription room, bool byUs) => EndedBy(room, byUs);
}
