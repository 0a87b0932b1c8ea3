import type { Presence } from 'hubbub-client';
import { phrase, type Phrase } from './phrase';

/** Who is in the room, in a line: the reader is there anyway and is not named; beyond three the others are counted. */
export function hereSentence({ count, users }: Presence, me: string | undefined): Phrase {
  const others = users.filter((user) => user.id !== me).map((user) => user.name);
  const total = users.some((user) => user.id === me) ? count - 1 : count;
  const [first, second, third] = others;
  // Of a relaxed room nobody is named.
  if (!first) return count > 1 ? phrase`${String(count)} people here` : phrase`Only you are here`;
  if (total === 1) return phrase`${first} is here`;
  if (!second) return phrase`${first} and ${String(total - 1)} more are here`;
  if (total === 2) return phrase`${first} and ${second} are here`;
  if (total === 3 && third) return phrase`${first}, ${second} and ${third} are here`;
  return phrase`${first}, ${second} and ${String(total - 2)} more are here`;
}
