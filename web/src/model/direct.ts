import type { Room, User } from 'hubbub-client';

/** Whether this is the id of a direct room: the server makes them so, and nobody may choose one. */
export const isDirectId = (roomId: string): boolean => /^direct\.[0-9a-f]{40}$/.test(roomId);

/** The one other person of a direct room between two; undefined in any other room. */
export function otherOf(room: Room | undefined, me: User | undefined): User | undefined {
  const others = room?.people?.filter((user) => user.id !== me?.id) ?? [];
  return others.length === 1 ? others[0] : undefined;
}
