/**
 * Who this browser is: a guest by the name given at the first visit, whose token the SDK keeps beside it, or an account by the token that
 * signing in gave. Where the browser keeps nothing (some private windows), it lasts as long as the page.
 */
export interface Identity {
  name: string;
  /** An account's. */
  token?: string;
}

const NAME = 'hubbub.name';
const ACCOUNT = 'hubbub.account';
let unkept: Identity | undefined;

export function rememberedIdentity(): Identity | undefined {
  try {
    const name = localStorage.getItem(NAME);
    const token = localStorage.getItem(ACCOUNT);
    return name === null ? unkept : { name, ...(token ? { token } : {}) };
  } catch {
    return unkept;
  }
}

export function rememberIdentity(identity: Identity): void {
  unkept = identity;
  try {
    localStorage.setItem(NAME, identity.name);
    if (identity.token) localStorage.setItem(ACCOUNT, identity.token);
    else localStorage.removeItem(ACCOUNT);
  } catch {
    // It is asked for again at the next visit.
  }
}

/** Forgets name, tokens, drafts and outbox. A guest is nothing but a token: what comes after is somebody new. */
export function forgetIdentity(): void {
  unkept = undefined;
  try {
    for (const key of Object.keys(localStorage)) if (/^hubbub[.:]/.test(key)) localStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}
