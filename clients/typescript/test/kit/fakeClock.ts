import { clockOf } from '../../src/clock.js';
import type { Clock } from '../../src/clock.js';

interface Timer {
  at: number;
  order: number;
  callback: () => void;
}

/** Time that stands still until a test moves it. What promises have to do is done before and after every timer. */
export class FakeClock {
  #now = 1_700_000_000_000;
  #order = 0;
  readonly #timers = new Set<Timer>();
  /** What `random` answers. */
  chance = 0.5;

  readonly options = {
    now: () => this.#now,
    random: () => this.chance,
    setTimeout: (callback: () => void, milliseconds: number): unknown => {
      const timer = { at: this.#now + milliseconds, order: this.#order++, callback };
      this.#timers.add(timer);
      return timer;
    },
    clearTimeout: (handle: unknown) => void this.#timers.delete(handle as Timer),
  };

  readonly clock: Clock = clockOf(this.options);

  get now(): number {
    return this.#now;
  }

  get timers(): number {
    return this.#timers.size;
  }

  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settled();
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
      await settled();
    }
    this.#now = end;
  }
}

/** Lets everything run that is ready to run. Bodies of responses need a few turns of the event loop, not only microtasks. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
