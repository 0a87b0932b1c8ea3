import { digits, said } from '../texts';
import type { Phrase } from './phrase';

/** Who is typing in one room: each name is shown for five seconds after its last signal, or until that person's message. */
export const TYPING_SHOWN_MS = 5_000;

/** More people than this are not remembered; beyond three the sentence only counts them anyway. */
const MAX_TYPISTS = 100;

interface Typist {
  name: string;
  until: number;
}

export class Typing {
  private readonly typists = new Map<string, Typist>();

  heard(user: { id: string; name: string }, now: number): void {
    if (!this.typists.has(user.id) && this.typists.size >= MAX_TYPISTS) return;
    this.typists.set(user.id, { name: user.name, until: now + TYPING_SHOWN_MS });
  }

  /** Their message has come: they are no longer typing it. */
  posted(userId: string): void {
    this.typists.delete(userId);
  }

  clear(): void {
    this.typists.clear();
  }

  /** The names still shown, in the order in which they began. */
  names(now: number): string[] {
    for (const [id, typist] of this.typists) if (typist.until <= now) this.typists.delete(id);
    return [...this.typists.values()].map((typist) => typist.name);
  }

  /** When the next name is to vanish, or undefined if none is shown. */
  nextExpiry(): number | undefined {
    const ends = [...this.typists.values()].map((typist) => typist.until);
    return ends.length ? Math.min(...ends) : undefined;
  }
}

export function typingSentence(names: readonly string[]): Phrase {
  const [first, second, third] = names;
  if (!first) return [];
  if (!second) return said('typing.1', first);
  if (!third) return said('typing.2', first, second);
  if (names.length === 3) return said('typing.3', first, second, third);
  return said('typing.more', first, second, digits(names.length - 2));
}
