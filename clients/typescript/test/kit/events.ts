import type { JsonEvent } from '../../src/wire.js';

export const epoch = '9f3a01bc';

export function at(sequence: number, life = epoch): string {
  return `${life}:${sequence}`;
}

export function event(sequence: number, more: Partial<JsonEvent> = {}, life = epoch): JsonEvent {
  return {
    type: 'message',
    roomId: 'room1',
    sequence,
    id: at(sequence, life),
    sender: { id: 'u-2', name: 'u-2' },
    sentAt: '2026-01-01T00:00:00.000Z',
    message: `text ${sequence}`,
    ...more,
  };
}

/** A small generator of numbers in [0, 1) that a seed repeats (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
