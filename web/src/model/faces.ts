/** A face for someone without a picture: one or two initials on a colour that their id always gives. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = words.map((word) => [...word].find((letter) => /[\p{L}\p{N}]/u.test(letter)) ?? '');
  const chosen = letters.length > 1 ? letters[0]! + letters.at(-1)! : (letters[0] ?? '?');
  return chosen.toLocaleUpperCase();
}

/** A hue in degrees. FNV-1a spreads ids that differ only in their last character over the whole circle. */
export function hueOf(userId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < userId.length; i++) hash = Math.imul(hash ^ userId.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % 360;
}
