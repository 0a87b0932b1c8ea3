import type { Clock } from './clock.js';
import { HubbubError } from './errors.js';
import { readJson, requestTimeoutMs, send, withTimeout } from './http.js';
import type { HubbubOptions, OutboxStorage, User } from './types.js';
import { textOf, userOf } from './wire.js';

export interface GuestOptions {
  base: string;
  name: string;
  fetch: typeof fetch;
  clock: Clock;
  storage: OutboxStorage;
  storageKey: string;
  /** A new guest has been made: from now on we are this one. */
  made(user: User | undefined): void;
}

/**
 * The token in use and where the next one comes from: a fixed text, the application's callback, or a guest made once and kept.
 * Asked by several requests at once, it fetches once.
 */
export class Credentials {
  readonly #source: HubbubOptions['token'];
  readonly #guest: GuestOptions;
  #token: string | undefined;
  /** Not to be shown again while no other can be had: three times refused is refused for good. */
  #refused: string | undefined;
  #fetching: Promise<string> | undefined;

  constructor(source: HubbubOptions['token'], guest: GuestOptions) {
    this.#source = source;
    this.#guest = guest;
  }

  current(): Promise<string> {
    if (this.#token !== undefined) return Promise.resolve(this.#token);
    return this.#fetchOnce(this.#refused);
  }

  /**
   * Another token than the one that was refused, or undefined where there is none. A guest whose token is refused becomes a new
   * guest: the token was all that there was of the old one.
   */
  async fresh(refused: string): Promise<string | undefined> {
    if (this.#token !== undefined && this.#token !== refused) return this.#token;
    if (typeof this.#source === 'string') return undefined;
    this.#token = undefined;
    this.#refused = refused;
    const token = await this.#fetchOnce(refused);
    return token === refused ? undefined : token;
  }

  /**
   * A newer token of the same user before the old one runs out; undefined where only the application's callback could give
   * one.
   */
  async renewed(): Promise<string | undefined> {
    return typeof this.#source === 'function' ? this.#fetchOnce(this.#token) : undefined;
  }

  #fetchOnce(refused: string | undefined): Promise<string> {
    this.#fetching ??= this.#fetch(refused)
      .then((token) => (this.#token = token))
      .finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  async #fetch(refused: string | undefined): Promise<string> {
    if (typeof this.#source === 'string') return this.#source;
    if (typeof this.#source === 'function') return askApplication(this.#source);
    // Another tab may have become a new guest already; one person is one guest.
    const kept = this.#guest.storage.get(this.#guest.storageKey);
    return kept && kept !== refused ? kept : this.#becomeGuest();
  }

  async #becomeGuest(): Promise<string> {
    const { base, name, clock, storage, storageKey } = this.#guest;
    const answer = await withTimeout(clock, requestTimeoutMs, undefined, async (signal) => {
      const response = await send(this.#guest.fetch, `${base}/api/guests`, {
        method: 'POST',
        accept: 'application/json',
        body: { name },
        signal,
      });
      return (await readJson(response)) as { token?: unknown; user?: unknown };
    });
    const token = textOf(answer?.token);
    if (token === undefined) throw new HubbubError('bad_answer', 'The server made no guest.', { retryable: true });
    keep(storage, storageKey, token);
    this.#guest.made(userOf(answer.user));
    return token;
  }
}

async function askApplication(source: () => string | Promise<string>): Promise<string> {
  try {
    return await source();
  } catch (thrown) {
    if (thrown instanceof HubbubError) throw thrown;
    throw new HubbubError('token', 'The token callback failed.', { retryable: true, cause: thrown });
  }
}

function keep(storage: OutboxStorage, key: string, token: string): void {
  try {
    storage.set(key, token);
  } catch {
    // A full storage costs the guest its identity at the next reload, not the conversation now.
  }
}
