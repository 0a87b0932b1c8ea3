import type { User } from 'hubbub-client';
import { findEmoji } from './emoji';

/** What may take the place of the word before the cursor. */
export interface Completion {
  /** What is put there. */
  insert: string;
  label: string;
  /** An emoji, or nothing. */
  sign: string;
}

export interface Completions {
  /** Where the word begins. */
  from: number;
  options: Completion[];
}

const MAX = 8;

/** Suggestions for the `:name` or `@name` that ends at the cursor. */
export function completionsAt(text: string, cursor: number, people: readonly User[]): Completions | undefined {
  const before = text.slice(Math.max(0, cursor - 65), cursor);
  const word = /(?:^|[\s(])([:@])([^\s:@]{0,32})$/u.exec(before);
  if (!word) return undefined;
  const [, sign, typed = ''] = word;
  const options = sign === ':' ? emojiOptions(typed) : peopleOptions(typed, people);
  return options.length ? { from: cursor - typed.length - 1, options } : undefined;
}

/** Two letters at least: ":D" and ":)" are not the beginnings of names. */
const emojiOptions = (typed: string): Completion[] =>
  /^[a-z0-9_+-]{2,}$/i.test(typed) ? findEmoji(typed, MAX).map(({ text, name }) => ({ insert: `${text} `, label: `:${name}:`, sign: text })) : [];

function peopleOptions(typed: string, people: readonly User[]): Completion[] {
  const wanted = typed.toLocaleLowerCase();
  return people
    .filter(({ name }) => name.toLocaleLowerCase().split(/\s+/u).some((part) => part.startsWith(wanted)) || name.toLocaleLowerCase().startsWith(wanted))
    .slice(0, MAX)
    .map(({ name }) => ({ insert: `@${name} `, label: name, sign: '@' }));
}
