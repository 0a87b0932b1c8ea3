using Hubbub.Core.Rooms;
using Hubbub.Server.Auth;

namespace Hubbub.Server.Transports.WebSockets;

/// <summary>What a socket's acts need, shared by all connections.</summary>
internal sealed record ActServices(
    HubbubOptions Options, TimeProvider Time, Admission Admission, Tokens Tokens, Guests Guests, RoomRegistry Rooms, Conversation Conversation);
