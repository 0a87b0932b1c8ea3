import type { HubbubOptions } from './types.js';

export type TimerHandle = { readonly handle: unknown };

/** Time and chance, as one thing that tests replace. Milliseconds everywhere. */
export interface Clock {
  now(): number;
  /** At least 0, below 1. */
  random(): number;
  after(milliseconds: number, callback: () => void): TimerHandle;
  cancel(timer: TimerHandle | undefined): void;
}

export function clockOf(options: HubbubOptions): Clock {
  // Called through arrow functions: browsers refuse their timers on any other `this`.
  const start = options.setTimeout ?? ((callback, milliseconds) => globalThis.setTimeout(callback, milliseconds));
  const stop = options.clearTimeout ?? ((handle) => globalThis.clearTimeout(handle as ReturnType<typeof globalThis.setTimeout>));
  return {
    now: options.now ?? (() => Date.now()),
    random: options.random ?? (() => Math.random()),
    after: (milliseconds, callback) => ({ handle: start(callback, milliseconds) }),
    cancel: (timer) => {
      if (timer) stop(timer.handle);
    },
  };
}

/** Resolves after the time, or at once when the signal aborts: the caller looks at the signal. */
export function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clock.cancel(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(milliseconds, done);
    signal.addEventListener('abort', done);
  });
}
