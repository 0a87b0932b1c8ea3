import type { Clock, TimerHandle } from './clock.js';
import type { Opening, OpeningEvents } from './opening.js';
import type { Link } from './transports/link.js';
import type { TransportName, User } from './types.js';

const firstProbeMs = 30_000;
const longestProbeMs = 300_000;
/** A transport that has worked before fell for a reason that has probably passed, such as a server that was starting. */
const soonMs = 1_000;

export interface ClimbHost {
  readonly clock: Clock;
  /** Makes an opening with the current token; rejects where there is none. */
  prepare(transport: TransportName, on: OpeningEvents): Promise<Opening>;
  frame: OpeningEvents['frame'];
  lost: OpeningEvents['lost'];
  tokenExpiring: OpeningEvents['tokenExpiring'];
  shallMove: OpeningEvents['shallMove'];
  /** A better link is open, and reads already. The old one may go. */
  arrived(link: Link, user: User | undefined): void;
}

/**
 * While a lower transport carries the conversation, tries the better ones now and then: after 30 s, then ever more rarely, at
 * least every 5 min. Each time may be earlier or later by a quarter, so that clients do not come in step.
 */
export class Climb {
  readonly #host: ClimbHost;
  #above: TransportName[] = [];
  #timer: TimerHandle | undefined;
  #trial: Opening | undefined;
  #probes = 0;
  /** Raised by each start and stop: a probe that comes back late finds that it is not wanted any more. */
  #run = 0;

  constructor(host: ClimbHost) {
    this.#host = host;
  }

  /** The link being tried, which reads the same rooms as the one in use. */
  get trial(): Link | undefined {
    return this.#trial?.link;
  }

  start(above: TransportName[], soon: boolean): void {
    this.stop();
    this.#above = above;
    if (above.length > 0) this.#schedule(soon ? this.#host.clock.random() * soonMs : this.#interval());
  }

  /** The network has changed: try now, and often again. A probe that began on the old network is begun anew. */
  now(): void {
    const above = this.#above;
    if (above.length === 0) return;
    this.stop();
    this.#above = above;
    this.#probes = 0;
    this.#schedule(0);
  }

  stop(): void {
    this.#run += 1;
    this.#above = [];
    this.#host.clock.cancel(this.#timer);
    this.#trial?.abandon();
    this.#trial = undefined;
  }

  /** The top is reached: the next fall begins with short intervals again. */
  reset(): void {
    this.#probes = 0;
  }

  #interval(): number {
    const interval = Math.min(longestProbeMs, firstProbeMs * 2 ** Math.min(this.#probes, 4));
    return interval * (0.75 + this.#host.clock.random() / 2);
  }

  #schedule(milliseconds: number): void {
    this.#timer = this.#host.clock.after(milliseconds, () => void this.#probe([...this.#above], this.#run));
  }

  /** From the best one down, one at a time. */
  async #probe(candidates: TransportName[], run: number): Promise<void> {
    const transport = candidates.shift();
    if (transport === undefined) {
      this.#probes += 1;
      this.#schedule(this.#interval());
      return;
    }
    const next = (): void => {
      this.#trial = undefined;
      if (run === this.#run) void this.#probe(candidates, run);
    };
    let opening: Opening;
    try {
      opening = await this.#host.prepare(transport, {
        opened: (link, user) => this.#arrived(link, user),
        failed: next,
        lost: (link, end) => this.#host.lost(link, end),
        frame: (frame) => this.#host.frame(frame),
        tokenExpiring: (link) => this.#host.tokenExpiring(link),
        shallMove: (link, url) => this.#host.shallMove(link, url),
      });
    } catch {
      return next();
    }
    if (run !== this.#run) return;
    this.#trial = opening;
    opening.begin();
  }

  #arrived(link: Link, user: User | undefined): void {
    this.#trial = undefined;
    this.stop();
    this.#host.arrived(link, user);
  }
}
