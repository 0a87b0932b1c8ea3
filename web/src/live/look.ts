import { setLanguage, type Language } from '../texts';
import { Pulse } from './pulse';

export type Theme = 'system' | 'light' | 'dark';

/** What somebody has chosen; what they have not is left to the system. */
export interface Chosen {
  theme?: 'light' | 'dark';
  language?: Language;
  direction?: 'rtl';
}

/** Not among the keys that a change of name forgets: colours and language are the browser's, not the guest's. */
const KEPT = 'hubbub-look';

/** Colours, language and writing direction. Before the first drawing `public/before.js` does the same from what is kept here. */
export class Look {
  readonly changes = new Pulse();
  chosen: Chosen = {};

  constructor() {
    try {
      this.chosen = (JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Chosen | null) ?? {};
    } catch {
      // As if nothing had been chosen.
    }
    this.apply();
  }

  choose(chosen: Chosen): void {
    this.chosen = chosen;
    try {
      localStorage.setItem(KEPT, JSON.stringify(chosen));
    } catch {
      // It lasts as long as the page.
    }
    this.apply();
    this.changes.beat();
  }

  private apply(): void {
    const { theme, language, direction } = this.chosen;
    const root = document.documentElement;
    if (theme) root.dataset['theme'] = theme;
    else delete root.dataset['theme'];
    const tag = language ?? (navigator.languages.map((wanted) => wanted.slice(0, 2).toLowerCase()).find((wanted) => wanted === 'en' || wanted === 'de') as Language | undefined) ?? 'en';
    root.lang = tag;
    root.dir = direction ?? 'ltr';
    setLanguage(tag);
  }
}

export const look = new Look();
