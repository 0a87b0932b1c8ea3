import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { languages, said, setLanguage, text, type TextKey } from '../src/texts';
import { en } from '../src/texts/en';

afterEach(() => setLanguage('en'));

const forms = (pattern: (typeof en)[TextKey] | string | { one: string; other: string }): string[] => (typeof pattern === 'string' ? [pattern] : [pattern.one, pattern.other]);
const places = (pattern: string): string[] => [...pattern.matchAll(/\{\d\}/g)].map((match) => match[0]).sort();

describe('The texts', () => {
  it('have the same words to be filled in, in every language', () => {
    for (const { name, texts } of Object.values(languages)) {
      for (const key of Object.keys(en) as TextKey[]) {
        const wanted = places(forms(en[key]).at(-1)!);
        expect(texts[key], `${name}: ${key}`).toBeDefined();
        for (const form of forms(texts[key])) expect(places(form), `${name}: ${key}`).toEqual(wanted);
      }
    }
  });

  it('are spoken in the language that was chosen, with its numbers and its plurals', () => {
    expect(text('messages.announced', 1)).toBe('1 new message');
    expect(text('messages.announced', 1234)).toBe('1,234 new messages');
    setLanguage('de');
    expect(text('messages.announced', 1234)).toBe('1.234 neue Nachrichten');
  });

  it('keep other people’s words apart from ours', () => {
    expect(said('notice.renamed', 'Ada {1}', 'Tea')).toEqual([{ said: 'Ada {1}' }, ' renamed the room to “', { said: 'Tea' }, '”']);
  });

  it('are the only ones: no component has words of its own', () => {
    const folder = new URL('../src/', import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.tsx'));
    expect(files.length).toBeGreaterThan(20);
    for (const file of files) {
      const source = readFileSync(new URL(file, folder), 'utf8').replace(/\/\*[^]*?\*\/|\/\/[^\n]*/g, '');
      const attributes = [...source.matchAll(/(?:aria-label|title|placeholder|alt)="([^"]+)"/g)].map((match) => match[1]);
      const words = [...source.matchAll(/(?<![=\w])>\s*([^<>{}=;]*[A-Za-z]{3}[^<>{}=;]*?)\s*<\//g)].map((match) => match[1]).filter((word) => word !== 'Hubbub');
      expect([...attributes, ...words], file).toEqual([]);
    }
  });
});
