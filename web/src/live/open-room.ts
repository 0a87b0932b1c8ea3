import { HubbubError, type HubbubApi, type Room, type Visibility } from 'hubbub-client';
import { roomIdFor } from '../model/route';
import { text } from '../texts';

export type Opened = { room: Room; created: boolean } | { problem: string };

/** Opens the room that somebody typed the name of: makes it, or finds it if there is one. */
export async function openRoom(
  api: Pick<HubbubApi, 'createRoom' | 'room'>,
  typed: string,
  visibility: Visibility,
): Promise<Opened> {
  const name = typed.trim();
  const id = roomIdFor(name);
  try {
    return { room: await api.createRoom({ ...(id ? { id } : {}), name, visibility }), created: true };
  } catch (error) {
    if (id && error instanceof HubbubError && error.code === 'room_exists') return openExisting(api, id, visibility);
    return { problem: HubbubError.from(error).message };
  }
}

async function openExisting(api: Pick<HubbubApi, 'room'>, id: string, visibility: Visibility): Promise<Opened> {
  try {
    const room = await api.room(id);
    // Whoever asked for a private room must not find themselves talking in public.
    if (visibility === 'private' && room.visibility === 'public') return { problem: text('room.taken.public', id) };
    return { room, created: false };
  } catch (error) {
    const refused = HubbubError.from(error);
    return { problem: refused.code === 'not_found' ? text('room.taken.private', id) : refused.message };
  }
}
