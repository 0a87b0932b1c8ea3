import type { TransportName } from './types.js';

/** How an attempt failed to open: too late, at once, or because the server itself said that it cannot now. */
export type Failure = 'late' | 'refused' | 'server';

/** What to do next: the same again after a pause, the next transport at once, or a pause before beginning again at the top. */
export type NextStep = 'again' | 'lower' | 'rest';

/**
 * Which transport to try: from the preferred one down to whatever works. The top one is tried twice before it is given up,
 * unless it has used up its time; on later rounds, and on the lower rungs, once is enough.
 */
export class Ladder {
  readonly #transports: readonly TransportName[];
  #rung = 0;
  #chances = 2;

  /** At least one transport. */
  constructor(transports: readonly TransportName[]) {
    this.#transports = transports;
  }

  get transport(): TransportName {
    return this.#transports[this.#rung]!;
  }

  get above(): TransportName[] {
    return this.#transports.slice(0, this.#rung);
  }

  failed(how: Failure): NextStep {
    // The server spoke, so the way to it is good: no reason to look for another.
    if (how === 'server') return 'rest';
    this.#chances -= 1;
    if (how === 'refused' && this.#chances > 0) return 'again';
    this.#chances = 1;
    if (this.#rung + 1 < this.#transports.length) {
      this.#rung += 1;
      return 'lower';
    }
    this.#rung = 0;
    return 'rest';
  }

  opened(transport: TransportName): void {
    this.#rung = Math.max(0, this.#transports.indexOf(transport));
    this.#chances = this.#rung === 0 ? 2 : 1;
  }

  /** Another network: what was blocked may work. */
  startOver(): void {
    this.#rung = 0;
    this.#chances = 2;
  }
}
