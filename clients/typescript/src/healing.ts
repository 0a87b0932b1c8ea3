import type { RawPage } from './api.js';
import { Backoff } from './backoff.js';
import type { Clock } from './clock.js';
import { pause } from './clock.js';
import type { Cursor } from './cursor.js';
import { parsePosition } from './cursor.js';
import { HubbubError } from './errors.js';
import type { Position } from './types.js';
import type { JsonEvent } from './wire.js';

/** Events asked for in one request while a hole is filled. */
export const healingPageSize = 500;

export interface HealingHost {
  readonly clock: Clock;
  readonly cursor: Cursor;
  page(after: Position, limit: number): Promise<RawPage>;
  /** Offers an event to the cursor and hands it on if it is the next one. */
  offer(event: JsonEvent): void;
  gap(gap: { from: Position; to: Position; reason: string }): void;
  refused(error: HubbubError): void;
}

/**
 * Fills a hole from the log, page by page. Live events that cannot be handed on meanwhile are dropped, not kept: the log has
 * them, and so a hole of any size costs one page of memory.
 */
export class Healing {
  readonly #host: HealingHost;
  #run: AbortController | undefined;
  /** The newest event that is known to exist beyond the hole. */
  #target: Position | undefined;

  constructor(host: HealingHost) {
    this.#host = host;
  }

  /** Something is missing before the event of this position. */
  upTo(position: Position): void {
    this.#target = newerOf(this.#target, position);
    if (this.#run) return;
    const run = new AbortController();
    this.#run = run;
    void this.#heal(run.signal).finally(() => {
      if (this.#run === run) this.#run = undefined;
    });
  }

  stop(): void {
    this.#run?.abort();
    this.#run = undefined;
    this.#target = undefined;
  }

  async #heal(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(this.#host.clock);
    backoff.next();
    while (!signal.aborted && this.#target !== undefined) {
      const before = this.#host.cursor.position;
      if (before === undefined) return;
      try {
        const page = await this.#host.page(before, healingPageSize);
        if (signal.aborted) return;
        this.#apply(page);
      } catch (thrown) {
        const error = HubbubError.from(thrown);
        if (!error.retryable) {
          if (!signal.aborted) this.#host.refused(error);
          return;
        }
        await pause(this.#host.clock, Math.max(backoff.next(), error.retryAfterMs ?? 0), signal);
        continue;
      }
      if (this.#target !== undefined && this.#host.cursor.hasPassed(this.#target)) this.#target = undefined;
      // The log does not show yet what a stream has shown already: ask again, but not in a tight loop.
      else if (this.#host.cursor.position === before) await pause(this.#host.clock, backoff.next(), signal);
      else backoff.reset();
    }
  }

  #apply(page: RawPage): void {
    if (page.gap) this.#host.gap(page.gap);
    else for (const event of page.events) this.#host.offer(event);
  }
}

/** Of another life of the log, the one seen last counts. */
function newerOf(held: Position | undefined, seen: Position): Position {
  const one = parsePosition(held);
  const other = parsePosition(seen);
  return held !== undefined && one && other && one.epoch === other.epoch && one.sequence > other.sequence ? held : seen;
}
