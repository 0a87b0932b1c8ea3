import type { Unsubscribe } from './types.js';

/**
 * Listeners by name. A listener that throws does not stop the others: its error surfaces as an uncaught one, as with DOM
 * events.
 */
export class Emitter<Listeners extends { [K in keyof Listeners]: (argument: never) => void }> {
  readonly #listeners = new Map<keyof Listeners, Set<(argument: never) => void>>();

  on<E extends keyof Listeners>(event: E, listener: Listeners[E]): Unsubscribe {
    const existing = this.#listeners.get(event);
    const listeners = existing ?? new Set();
    if (!existing) this.#listeners.set(event, listeners);
    // Wrapped, so that the same function registered twice is called twice and each is taken off by its own `off`.
    const entry = (argument: never): void => listener(argument);
    listeners.add(entry);
    return () => listeners.delete(entry);
  }

  emit<E extends keyof Listeners>(event: E, argument: Parameters<Listeners[E]>[0]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        listener(argument as never);
      } catch (thrown) {
        queueMicrotask(() => {
          throw thrown;
        });
      }
    }
  }
}
