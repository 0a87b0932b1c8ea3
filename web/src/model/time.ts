/** Times for display. The reader's own locale decides 14:05 or 2:05 PM; day names are English like the rest of the page. */
const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat('en', { weekday: 'long', day: 'numeric', month: 'long' });
const dated = new Intl.DateTimeFormat('en', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const complete = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

export const timeOfDay = (at: number): string => clock.format(at);

export const fullTime = (at: number): string => complete.format(at);

/** The local calendar day as a number that grows with time, e.g. 20261122. */
export function dayOf(at: number): number {
  const date = new Date(at);
  return (date.getFullYear() * 100 + date.getMonth() + 1) * 100 + date.getDate();
}

export function dayName(at: number, now: number): string {
  const today = new Date(now);
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1).getTime();
  if (dayOf(at) === dayOf(now)) return 'Today';
  if (dayOf(at) === dayOf(yesterday)) return 'Yesterday';
  return new Date(at).getFullYear() === today.getFullYear() ? weekday.format(at) : dated.format(at);
}
