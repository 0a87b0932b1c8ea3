/**
 * Who this browser is: the name given at the first visit; the SDK keeps the guest's token beside it. Where the browser keeps
 * nothing (some private windows), the name lasts as long as the page.
 */
const NAME = 'hubbub.name';
let unkept: string | undefined;

export function rememberedName(): string | undefined {
  try {
    return localStorage.getItem(NAME) ?? unkept;
  } catch {
    return unkept;
  }
}

export function rememberName(name: string): void {
  unkept = name;
  try {
    localStorage.setItem(NAME, name);
  } catch {
    // The name is asked for again at the next visit.
  }
}

/** Forgets name, token and outbox. A guest is nothing but a token: what comes after is somebody new. */
export function forgetIdentity(): void {
  unkept = undefined;
  try {
    for (const key of Object.keys(localStorage)) if (/^hubbub[.:]/.test(key)) localStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}
