import type { Clock, TimerHandle } from './clock.js';
import type { Opening, OpeningEvents } from './opening.js';
import type { Link } from './transports/link.js';
import type { TransportName, User } from './types.js';

const firstPauseMs = 500;
const longestPauseMs = 8_000;
/** So many failures at the address that the server named, and the usual one is tried. */
const triesElsewhere = 2;

export interface MoveHost {
  readonly clock: Clock;
  /** Makes an opening with the current token, at this address or (undefined) the usual one; rejects where there is none. */
  prepare(transport: TransportName, base: string | undefined, on: OpeningEvents): Promise<Opening>;
  /** What is told of the new link before and after it is in use. */
  readonly on: Omit<OpeningEvents, 'opened' | 'failed'>;
  /** The new link is open, and reads already. The old one may go. */
  arrived(link: Link, user: User | undefined, base: string | undefined): void;
}

/**
 * Make before break: the server has asked us to go on elsewhere, so a second link of the same kind is opened beside the one in use, which goes only when the new one reads. Where that
 * fails it is tried again for as long as the old link lives; nobody sees any of it.
 */
export class Move {
  readonly #host: MoveHost;
  #timer: TimerHandle | undefined;
  #trial: Opening | undefined;
  #moving = false;
  #failures = 0;
  /** The old link has ended: what is done if the attempt under way fails, since there will be no other. */
  #ifLastFails: (() => void) | undefined;
  /** Raised by each start and stop: an attempt that comes back late finds that it is not wanted any more. */
  #run = 0;

  constructor(host: MoveHost) {
    this.#host = host;
  }

  /** The link being opened, which reads the same rooms as the one in use. */
  get trial(): Link | undefined {
    return this.#trial?.link;
  }

  /** Asked again while moving, it goes on as it is. */
  start(transport: TransportName, base: string | undefined): void {
    if (this.#moving) return;
    this.stop();
    this.#moving = true;
    this.#failures = 0;
    void this.#attempt(transport, base, this.#run);
  }

  /** The old link has ended. False if no new one is on its way; otherwise that is waited for, and nobody need see that there was a moment without. */
  mayStillArrive(otherwise: () => void): boolean {
    if (this.#trial === undefined) return false;
    this.#ifLastFails = otherwise;
    return true;
  }

  stop(): void {
    this.#run += 1;
    this.#ifLastFails = undefined;
    this.#moving = false;
    this.#host.clock.cancel(this.#timer);
    this.#trial?.abandon();
    this.#trial = undefined;
  }

  async #attempt(transport: TransportName, base: string | undefined, run: number): Promise<void> {
    const there = this.#failures < triesElsewhere ? base : undefined;
    const again = (): void => {
      this.#trial = undefined;
      if (run !== this.#run) return;
      const otherwise = this.#ifLastFails;
      if (otherwise !== undefined) {
        this.stop();
        return otherwise();
      }
      const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(this.#failures, 4));
      this.#failures += 1;
      const spread = pause * (0.5 + this.#host.clock.random() / 2);
      this.#timer = this.#host.clock.after(spread, () => void this.#attempt(transport, base, run));
    };
    let opening: Opening;
    try {
      opening = await this.#host.prepare(transport, there, {
        ...this.#host.on,
        opened: (link, user) => {
          this.#trial = undefined;
          this.stop();
          this.#host.arrived(link, user, there);
        },
        failed: again,
      });
    } catch {
      return again();
    }
    if (run !== this.#run) return;
    this.#trial = opening;
    opening.begin();
  }
}

/**
 * The address that a `reconnect` frame names, without a slash at its end; undefined if it names none that may be used: our token goes there, so it must be one of the web, and as safe as the one in use.
 */
export function addressOf(url: string | undefined, base: string): string | undefined {
  if (url === undefined || !/^https?:\/\/[^/]/.test(url)) return undefined;
  if (base.startsWith('https:') && !url.startsWith('https:')) return undefined;
  return url.replace(/\/+$/, '');
}
