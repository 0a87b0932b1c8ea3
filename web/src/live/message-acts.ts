import type { Position, RoomEvent, User } from 'hubbub-client';

/** Where a message belongs: both are ids of messages of the room. */
export interface PostContext {
  /** The message that it answers. */
  replyTo?: Position;
  /** The message in whose thread it stands. */
  thread?: Position;
}

/** What can be done with a message, and asked of one, beside what a room's subscription does. Each is tried once and rejects with a HubbubError. */
export interface MessageActs {
  /** The message as it stands; without `message` if it was deleted. */
  message(messageId: Position): Promise<{ sender: User; message?: string }>;
  /** A page of the messages in a thread. */
  thread(messageId: Position, query: { after?: Position; limit: number }): Promise<{ events: RoomEvent[]; position: Position }>;
  react(messageId: Position, emoji: string, given: boolean): Promise<unknown>;
  pin(messageId: Position, pinned: boolean): Promise<unknown>;
}
