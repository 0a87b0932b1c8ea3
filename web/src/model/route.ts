/** The page's addresses: `/` the rooms, `/r/{room}` a conversation, `/r/{room}/{sequence}` a message in it, `/i/{token}` an invitation. */
export type Route = { page: 'rooms' } | { page: 'room'; roomId: string; message?: number } | { page: 'invitation'; token: string };

export const ROOM_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function parseRoute(path: string): Route {
  const [, kind, rest, message] = /^\/([ri])\/([^/]+)(?:\/(\d{1,15}))?\/?$/.exec(path) ?? [];
  if (kind === 'r' && rest && ROOM_ID.test(rest)) return { page: 'room', roomId: rest, ...(message ? { message: Number(message) } : {}) };
  if (kind === 'i' && rest && !message) return { page: 'invitation', token: decoded(rest) };
  return { page: 'rooms' };
}

export function pathOf(route: Route): string {
  if (route.page === 'room') return `/r/${route.roomId}${route.message === undefined ? '' : `/${route.message}`}`;
  if (route.page === 'invitation') return `/i/${encodeURIComponent(route.token)}`;
  return '/';
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * The room id for what somebody typed: itself if it is one; otherwise its words joined by hyphens ("Team lunch" is
 * "team-lunch"). Undefined if nothing of it can stand in an id ("Привет"): then the server makes one up.
 */
export function roomIdFor(typed: string): string | undefined {
  const text = typed.trim();
  if (ROOM_ID.test(text)) return text;
  const words = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const id = words.replace(/[^a-z0-9._-]+/g, '-').replace(/^[^a-z0-9]+|-+$/g, '').slice(0, 64);
  // An id that kept only a scrap of the name ("Привет 2" → "2") would collide with every other such name.
  return ROOM_ID.test(id) && id.length * 2 >= [...text].length ? id : undefined;
}
