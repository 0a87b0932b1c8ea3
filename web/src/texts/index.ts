import type { Phrase } from '../model/phrase';
import { de } from './de';
import { en, type Texts } from './en';

export type TextKey = keyof Texts;
export type Language = 'en' | 'de';

export const languages: Record<Language, { name: string; texts: Texts }> = {
  en: { name: 'English', texts: en },
  de: { name: 'Deutsch', texts: de },
};

let language: Language = 'en';
let plurals = new Intl.PluralRules(language);

export function setLanguage(chosen: Language): void {
  language = chosen;
  plurals = new Intl.PluralRules(chosen);
}

export const currentLanguage = (): Language => language;

/** A number as it is written in the page's language. */
export const digits = (number: number): string => number.toLocaleString(language);

/** The text of this key, with the words put into their places as they are. */
export function text(key: TextKey, ...words: (string | number)[]): string {
  return said(key, ...words).map((part) => (typeof part === 'string' ? part : part.said)).join('');
}

/** The same, with the words kept apart from what is ours. */
export function said(key: TextKey, ...words: (string | number)[]): Phrase {
  const pattern = languages[language].texts[key];
  const sentence = typeof pattern === 'string' ? pattern : plurals.select(Number(words[0])) === 'one' ? pattern.one : pattern.other;
  return sentence.split(/\{(\d)\}/).flatMap((part, i): Phrase => {
    if (i % 2 === 0) return part === '' ? [] : [part];
    const word = words[Number(part)] ?? '';
    return [{ said: typeof word === 'number' ? digits(word) : word }];
  });
}
