import { currentLanguage, text } from '../texts';

/** Times for display. The reader's own locale decides 14:05 or 2:05 PM; the words are of the page's language. */
const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });

/** Made once for each language: making one costs more than using it a hundred times. */
const formats = new Map<string, { weekday: Intl.DateTimeFormat; dated: Intl.DateTimeFormat; complete: Intl.DateTimeFormat; date: Intl.DateTimeFormat }>();

function format() {
  const language = currentLanguage();
  let made = formats.get(language);
  if (!made) {
    made = {
      weekday: new Intl.DateTimeFormat(language, { weekday: 'long', day: 'numeric', month: 'long' }),
      dated: new Intl.DateTimeFormat(language, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }),
      complete: new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'medium' }),
      date: new Intl.DateTimeFormat(language, { dateStyle: 'long' }),
    };
    formats.set(language, made);
  }
  return made;
}

export const timeOfDay = (at: number): string => clock.format(at);

export const fullTime = (at: number): string => format().complete.format(at);

export const dateOf = (at: number): string => format().date.format(at);

/** The local calendar day as a number that grows with time, e.g. 20261122. */
export function dayOf(at: number): number {
  const date = new Date(at);
  return (date.getFullYear() * 100 + date.getMonth() + 1) * 100 + date.getDate();
}

export function dayName(at: number, now: number): string {
  const today = new Date(now);
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1).getTime();
  if (dayOf(at) === dayOf(now)) return text('day.today');
  if (dayOf(at) === dayOf(yesterday)) return text('day.yesterday');
  return new Date(at).getFullYear() === today.getFullYear() ? format().weekday.format(at) : format().dated.format(at);
}

/** How long ago, in words: "5 minutes ago", "yesterday". */
export function ago(at: number, now: number): string {
  const words = new Intl.RelativeTimeFormat(currentLanguage(), { numeric: 'auto' });
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 3_600) return words.format(-Math.max(1, Math.floor(seconds / 60)), 'minute');
  if (seconds < 86_400) return words.format(-Math.floor(seconds / 3_600), 'hour');
  return words.format(-Math.floor(seconds / 86_400), 'day');
}
