/**
 * How well a name fits what was typed, or undefined if it does not: all letters must come in it in their order. Letters that stand
 * together, and at the beginnings of words, count for more; short names come before long ones.
 */
export function fuzzyScore(name: string, typed: string): number | undefined {
  const letters = [...typed.toLocaleLowerCase().replace(/\s+/gu, '')];
  const text = [...name.toLocaleLowerCase()];
  let score = 0;
  let at = -1;
  for (const letter of letters) {
    const next = nextPlace(text, letter, at);
    if (next === undefined) return undefined;
    if (next === at + 1 && at >= 0) score += 3;
    if (beginsWord(text, next)) score += 4;
    score -= Math.min(3, next - at - 1) * 0.2;
    at = next;
  }
  return score - text.length * 0.01;
}

/** The very next letter if it is that; else the next beginning of a word with it; else the next place at all. */
function nextPlace(text: readonly string[], letter: string, after: number): number | undefined {
  if (text[after + 1] === letter) return after + 1;
  let first: number | undefined;
  for (let i = after + 1; i < text.length; i++) {
    if (text[i] !== letter) continue;
    if (beginsWord(text, i)) return i;
    first ??= i;
  }
  return first;
}

const beginsWord = (text: readonly string[], i: number): boolean => i === 0 || !/[\p{L}\p{N}]/u.test(text[i - 1]!);

/** Those that fit, the best first; of equals, the one that came first. */
export function fuzzyFind<T>(items: readonly T[], typed: string, nameOf: (item: T) => string, max: number): T[] {
  return items
    .map((item) => ({ item, score: fuzzyScore(nameOf(item), typed) }))
    .filter((found): found is { item: T; score: number } => found.score !== undefined)
    .sort((a, b) => b.score - a.score)
    .slice(0, max)
    .map(({ item }) => item);
}
