using Hubbub.Protocol;

namespace Hubbub.Core.Broker;

/// <summary>What one node tells the others about a room.</summary>
public abstract record Announcement(RoomId Room);

/// <summary>An event was committed. It carries the event, so that a node without a gap need not read the log.</summary>
public sealed record EventAnnounced(RoomEvent Event) : Announcement(Event.Room);

/// <summary>The log has grown to here. From a broker whose messages have no room for events: what is new is read from the log.</summary>
public sealed record HeadAnnounced(RoomId Room, Position Head) : Announcement(Room);

/// <summary>Somebody is typing. Never stored; nobody misses it.</summary>
public sealed record TypingAnnounced(RoomId Room, User User) : Announcement(Room);
