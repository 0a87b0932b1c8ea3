/** A text cut where somebody is mentioned. The parts, joined, are the text again. */
export type MentionPart = string | { mention: string };

/** More names than this in one message are not looked for. */
const NAMES_MAX = 50;

/** Finds `@name` for each of these names, whatever the case; of names that begin alike, the longest. */
export function splitMentions(text: string, names: readonly string[]): MentionPart[] {
  if (names.length === 0 || !text.includes('@')) return [text];
  const wanted = [...names].slice(0, NAMES_MAX).sort((a, b) => b.length - a.length).map((name) => name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  const pattern = new RegExp(`@(?:${wanted.join('|')})(?![\\p{L}\\p{N}_])`, 'giu');
  const parts: MentionPart[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push({ mention: match[0] });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}
