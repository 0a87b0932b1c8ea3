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

/** Black or white, whichever is easier to read on `#rrggbb`; of the two one always has a contrast of 4.5 and more (WCAG 2.2, relative luminance). */
export function inkOn(color: string): '#000' | '#fff' {
  const channel = (at: number): number => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  return (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) ? '#000' : '#fff';
}
