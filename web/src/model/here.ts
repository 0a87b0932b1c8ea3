import type { Presence } from 'hubbub-client';
import { digits, said } from '../texts';
import type { Phrase } from './phrase';

/** Who is in the room, in a line: the reader is there anyway and is not named; beyond three the others are counted. */
export function hereSentence({ count, users }: Presence, me: string | undefined): Phrase {
  const others = users.filter((user) => user.id !== me).map((user) => user.name);
  const total = users.some((user) => user.id === me) ? count - 1 : count;
  const [first, second, third] = others;
  // Of a relaxed room nobody is named.
  if (!first) return count > 1 ? said('here.count', count) : said('here.alone');
  if (total === 1) return said('here.1', first);
  if (!second) return said('here.1more', first, digits(total - 1));
  if (total === 2) return said('here.2', first, second);
  if (total === 3 && third) return said('here.3', first, second, third);
  return said('here.2more', first, second, digits(total - 2));
}
