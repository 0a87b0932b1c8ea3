import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Drafts } from '../src/live/drafts';
import { completionsAt } from '../src/model/completion';
import { emojiOf, emojis, findEmoji } from '../src/model/emoji';
import { actionOf } from '../src/model/message-text';

function storage() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
}

describe('A draft', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('is kept within half a second of every change, a room each, and read again by the next page', () => {
    const kept = storage();
    const drafts = new Drafts(() => kept);
    drafts.set('a', 'one');
    vi.advanceTimersByTime(250);
    drafts.set('a', 'one and more');
    drafts.set('b', 'two');
    vi.advanceTimersByTime(499);

    const next = new Drafts(() => kept);
    expect([next.get('a'), next.get('b'), next.get('c')]).toEqual(['one and more', 'two', '']);
  });

  it('that is empty is forgotten', () => {
    const kept = storage();
    const drafts = new Drafts(() => kept);
    drafts.set('a', 'one');
    drafts.flush();
    drafts.set('a', ' ');
    drafts.flush();
    expect(kept.kept.size).toBe(0);
  });

  it('lasts as long as the page where the browser keeps nothing', () => {
    const drafts = new Drafts(() => {
      throw new Error('Not allowed.');
    });
    drafts.set('a', 'one');
    drafts.flush();
    expect(drafts.get('a')).toBe('one');
  });
});

describe('Suggestions', () => {
  const people = [{ id: '1', name: 'Ann Example' }, { id: '2', name: 'Bob' }];
  const labels = (text: string, cursor = text.length) => completionsAt(text, cursor, people)?.options.map(({ label }) => label);

  it('are emoji for a colon and two letters, and people for an at sign', () => {
    expect(labels('so :tad')).toEqual([':tada:']);
    expect(labels('@')).toEqual(['Ann Example', 'Bob']);
    expect(labels('(@exa')).toEqual(['Ann Example']);
    expect(completionsAt('hey @b', 6, people)).toMatchObject({ from: 4, options: [{ insert: '@Bob ' }] });
  });

  it('are of the word at the cursor', () => {
    expect(labels('@b and more', 2)).toEqual(['Bob']);
    expect(labels('@b and more')).toBeUndefined();
  });

  it('do not come for smileys, times and addresses', () => {
    for (const text of [':D', ':)', ': ', '10:30', 'a@b', 'https://x']) expect(labels(text), text).toBeUndefined();
  });
});

describe('Emoji', () => {
  it('have each their own sign and names that can be written', () => {
    for (const { text, names } of emojis) {
      expect(names.length, text).toBeGreaterThan(0);
      for (const name of names) expect(name).toMatch(/^[a-z0-9_+-]{1,32}$/);
      expect(text).toMatch(/\p{Extended_Pictographic}/u);
    }
  });

  it('are found by any of their names, by its beginning first', () => {
    expect(findEmoji('thumb', 2).map(({ name }) => name)).toEqual(['thumbsup', 'thumbsdown']);
    expect(findEmoji('heart', 1)[0]!.names.some((name) => name.startsWith('heart'))).toBe(true);
    expect([emojiOf('+1'), emojiOf('nosuch')]).toEqual(['👍', undefined]);
  });
});

describe('An action', () => {
  it('is what follows /me', () => {
    expect(actionOf('/me waves')).toBe('waves');
    for (const text of ['/me', '/me ', '/mean', 'a /me b']) expect(actionOf(text)).toBeUndefined();
  });
});
