/**
 * Ends a link: white space, quotes, angle brackets, and the invisible marks that turn the writing direction around and could
 * make a link read as another address than the one it opens.
 */
export const LINK = /https?:\/\/[^\s<>"'`\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
const CLOSER_OF: Record<string, string> = { '(': ')', '[': ']', '{': '}' };

/** A sentence's full stop is not part of the address in it; a closing bracket is only if it was opened there. */
export function withoutTrailingPunctuation(link: string): string {
  const unopened: Record<string, number> = { ')': 0, ']': 0, '}': 0 };
  for (const character of link) {
    if (character in unopened) unopened[character]!++;
    const closer = CLOSER_OF[character];
    if (closer) unopened[closer]!--;
  }
  let end = link.length;
  for (; end > 0; end--) {
    const last = link[end - 1]!;
    if (last in unopened && unopened[last]! > 0) unopened[last]!--;
    else if (!'.,;:!?…*_~'.includes(last)) break;
  }
  return link.slice(0, end);
}

/** The address as the browser reads it, if a link may lead there. */
export function safeAddress(link: string): string | undefined {
  try {
    const url = new URL(link);
    const isWeb = url.protocol === 'http:' || url.protocol === 'https:';
    // "https://bank.example@evil.example/" opens evil.example: user names in addresses are only ever used to deceive.
    return isWeb && url.hostname && !url.username && !url.password ? url.href : undefined;
  } catch {
    return undefined;
  }
}
