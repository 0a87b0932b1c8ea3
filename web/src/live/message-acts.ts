import type { AttachedFile, HubbubApi, Position, RoomEvent, User } from 'hubbub-client';

/** What can be done with a message, and asked of one, beside what a room's subscription does. Each is tried once and rejects with a HubbubError. */
export interface MessageActs {
  /** The message as it stands; without `message` if it was deleted. */
  message(messageId: Position): Promise<{ sender: User; message?: string; files?: AttachedFile[] }>;
  /** A page of the messages in a thread. */
  thread(messageId: Position, query: { after?: Position; limit: number }): Promise<{ events: RoomEvent[]; later: RoomEvent[]; position: Position }>;
  react(messageId: Position, emoji: string, given: boolean): Promise<unknown>;
  pin(messageId: Position, pinned: boolean): Promise<unknown>;
}

/** The acts of one room, over its API. */
export const actsOf = (api: HubbubApi, roomId: string): MessageActs => ({
  message: (messageId) => api.message(roomId, messageId),
  thread: (messageId, query) => api.thread(roomId, messageId, query),
  react: (messageId, emoji, given) => (given ? api.react(roomId, messageId, emoji) : api.unreact(roomId, messageId, emoji)),
  pin: (messageId, pinned) => (pinned ? api.pin(roomId, messageId) : api.unpin(roomId, messageId)),
});
