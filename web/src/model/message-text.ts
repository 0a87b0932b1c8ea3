/** What the protocol allows a message's text to be: 16 KiB of UTF-8, no control characters but tab and line ends. */
export const MESSAGE_BYTES = 16 * 1024;

const FORBIDDEN = /(?![\t\n\r])\p{Cc}|\p{Cs}/gu;
const encoder = new TextEncoder();

/** The text as it is sent: without what may not stand in it, without blank lines around it. Empty if nothing is left. */
export const cleanText = (typed: string): string => typed.replace(FORBIDDEN, '').replace(/^(?:[^\S\n]*\n)+/, '').trimEnd();

/** How many bytes too long; 0 or less if it may be sent. */
export const excessBytes = (text: string): number => encoder.encode(text).length - MESSAGE_BYTES;

/** What is left of `/me waves`: what the sender does. */
export const actionOf = (text: string): string | undefined => (/^\/me\s+\S/.test(text) ? text.slice(4).trimStart() : undefined);

/** A person's name: 1 to 64 characters on one line. Empty if nothing is left. */
export function cleanName(typed: string): string {
  const line = typed.replace(/\p{Cc}|\p{Cs}/gu, ' ').replace(/\s+/gu, ' ').trim();
  return [...line].slice(0, 64).join('').trim();
}
