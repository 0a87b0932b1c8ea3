import type { Clock } from './clock.js';
import { pause } from './clock.js';
import { HubbubError } from './errors.js';

const firstMs = 500;
/** As in the .NET client: who has waited out a long failure is back within these and the time of a connection, and a server that cannot take all at once says `retryAfter`. */
const longestMs = 4_000;

/**
 * Waiting times between tries: the first at once, then a random part of 0.5 s, 1 s, 2 s, 4 s. The whole range is random (full
 * jitter), because clients that lost the same server at the same moment must not come back at the same moment.
 */
export class Backoff {
  readonly #clock: Clock;
  #tries = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until the next try. */
  next(): number {
    const tries = this.#tries++;
    if (tries === 0) return 0;
    // 0.5 s × 2^3 = 4 s is the longest; beyond that the power is not needed.
    const ceiling = Math.min(longestMs, firstMs * 2 ** Math.min(tries - 1, 3));
    return this.#clock.random() * ceiling;
  }

  reset(): void {
    this.#tries = 0;
  }
}

/** Tries again after a failure that may pass, `tries` times in all. For acts that may be repeated without harm. */
export async function retrying<T>(clock: Clock, tries: number, act: () => Promise<T>): Promise<T> {
  const backoff = new Backoff(clock);
  const never = new AbortController().signal;
  for (let tried = 1; ; tried++) {
    try {
      return await act();
    } catch (thrown) {
      const error = HubbubError.from(thrown);
      if (!error.retryable || tried >= tries) throw error;
      await pause(clock, Math.max(backoff.next(), error.retryAfterMs ?? 0), never);
    }
  }
}
