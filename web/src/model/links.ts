/** One run of a message's text; with `href` it is a link. The runs, joined, are the text again. */
export interface TextRun {
  text: string;
  href?: string;
}

/**
 * Ends a link: white space, quotes, angle brackets, and the invisible marks that turn the writing direction around and could
 * make a link read as another address than the one it opens.
 */
const LINK = /https?:\/\/[^\s<>"'`\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
const CLOSERS: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

/** Cuts a text into plain runs and http(s) links. Nothing else ever becomes a link. */
export function splitLinks(text: string): TextRun[] {
  const runs: TextRun[] = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const link = withoutTrailingPunctuation(match[0]);
    const href = safeAddress(link);
    if (!href) continue;
    if (match.index > end) runs.push({ text: text.slice(end, match.index) });
    runs.push({ text: link, href });
    end = match.index + link.length;
  }
  if (end < text.length) runs.push({ text: text.slice(end) });
  return runs;
}

/** A sentence's full stop is not part of the address in it; a closing bracket is only if it was opened there. */
function withoutTrailingPunctuation(link: string): string {
  for (;;) {
    const last = link.at(-1) ?? '';
    const opener = CLOSERS[last];
    const unopened = opener !== undefined && link.split(last).length > link.split(opener).length;
    if (!unopened && !'.,;:!?…*_'.includes(last)) return link;
    link = link.slice(0, -1);
  }
}

function safeAddress(link: string): string | undefined {
  try {
    const url = new URL(link);
    const isWeb = url.protocol === 'http:' || url.protocol === 'https:';
    // "https://bank.example@evil.example/" opens evil.example: user names in addresses are only ever used to deceive.
    return isWeb && url.hostname && !url.username && !url.password ? url.href : undefined;
  } catch {
    return undefined;
  }
}
