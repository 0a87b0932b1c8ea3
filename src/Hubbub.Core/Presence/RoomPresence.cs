using Hubbub.Protocol;

namespace Hubbub.Core.Presence;

/// <summary>Who is in a room, at all nodes, as this node knows it.</summary>
/// <param name="Count">How many users. In a room of more than <see cref="RollCall.MaxListed"/> one who is at two nodes may count twice.</param>
/// <param name="Users">All of them, or some.</param>
/// <param name="IsSampled">Whether they are only some; of a relaxed room none are listed.</param>
public sealed record RoomPresence(int Count, IReadOnlyList<User> Users, bool IsSampled);
