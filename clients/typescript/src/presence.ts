import type { Clock, TimerHandle } from './clock.js';
import type { Presence, User } from './types.js';
import type { ServerFrame } from './wire.js';
import { numberOf, usersOf } from './wire.js';

/** A list that could not be fetched, or did not fit its count, is fetched again after this long, and a little more by chance. */
const againMs = 5_000;

export interface PresenceHost {
  readonly clock: Clock;
  fetch(): Promise<Presence>;
  changed(presence: Presence): void;
}

/**
 * Who is in a room, kept right: the whole is fetched when the stream begins, frames change it from then on. It asks nothing
 * until somebody watches it, and never while another answer is awaited.
 */
export class PresenceList {
  readonly #host: PresenceHost;
  readonly #users = new Map<string, User>();
  #count = 0;
  #sampled = false;
  #known = false;
  #watched = false;
  #streaming = false;
  /** What came while the whole was on its way: it may be older than they are. Undefined while nothing is fetched. */
  #meanwhile: ServerFrame[] | undefined;
  /** Grows with every stream: an answer that was asked for before it is of no use. */
  #life = 0;
  #timer: TimerHandle | undefined;

  constructor(host: PresenceHost) {
    this.#host = host;
  }

  watch(): void {
    if (this.#watched) return;
    this.#watched = true;
    if (this.#streaming) this.#fetch();
  }

  /** The room's stream begins, or goes on after a break in which anybody may have come and gone. */
  begin(): void {
    this.#streaming = true;
    this.#life++;
    this.#meanwhile = undefined;
    if (this.#watched) this.#fetch();
  }

  stop(): void {
    this.#streaming = false;
    this.#life++;
    this.#meanwhile = undefined;
    this.#host.clock.cancel(this.#timer);
    this.#timer = undefined;
  }

  take(frame: ServerFrame): void {
    if (!this.#watched) return;
    if (this.#meanwhile) this.#meanwhile.push(frame);
    else if (this.#known) {
      this.#apply(frame);
      this.#tell();
    }
  }

  #fetch(): void {
    this.#host.clock.cancel(this.#timer);
    this.#timer = undefined;
    if (this.#meanwhile) return;
    const life = this.#life;
    this.#meanwhile = [];
    this.#host.fetch().then(
      (whole) => {
        if (life === this.#life) this.#replace(whole);
      },
      () => {
        if (life !== this.#life) return;
        this.#meanwhile = undefined;
        this.#fetchSoon();
      },
    );
  }

  #replace(whole: Presence): void {
    const meanwhile = this.#meanwhile ?? [];
    this.#meanwhile = undefined;
    this.#known = true;
    this.#users.clear();
    for (const user of whole.users) this.#users.set(user.id, user);
    this.#count = whole.count;
    this.#sampled = whole.sampled;
    for (const frame of meanwhile) this.#apply(frame);
    this.#tell();
  }

  #apply({ payload }: ServerFrame): void {
    const joined = usersOf(payload['joined']);
    const left = usersOf(payload['left']);
    this.#count = numberOf(payload['count']) ?? this.#count;
    if (!joined || !left) {
      this.#sampled = true;
      return;
    }
    for (const user of left) this.#users.delete(user.id);
    for (const user of joined) this.#users.set(user.id, user);
    // A sample does not grow whole again by changes; and a count that does not fit says that some were not heard.
    if (this.#sampled || this.#users.size !== this.#count) this.#fetchSoon();
  }

  #tell(): void {
    this.#host.changed({ count: this.#count, users: [...this.#users.values()], sampled: this.#sampled });
  }

  #fetchSoon(): void {
    if (!this.#streaming) return;
    this.#timer ??= this.#host.clock.after(againMs * (1 + this.#host.clock.random()), () => this.#fetch());
  }
}
