import { describe, expect, test } from 'vitest';
import type { RawPage } from '../../src/api.js';
import { Cursor } from '../../src/cursor.js';
import { HubbubError } from '../../src/errors.js';
import { Healing, healingPageSize } from '../../src/healing.js';
import type { JsonEvent } from '../../src/wire.js';
import { at, event } from '../kit/events.js';
import { FakeClock, settled } from '../kit/fakeClock.js';

function healingOf(answer: (after: string, call: number) => RawPage | HubbubError, start = at(1)) {
  const time = new FakeClock();
  const cursor = new Cursor(start);
  const asked: string[] = [];
  const taken: number[] = [];
  const gaps: string[] = [];
  const refused: string[] = [];
  const offer = (one: JsonEvent): void => {
    const verdict = cursor.take(one);
    if (verdict === 'next') taken.push(one.sequence);
    if (verdict === 'hole') healing.upTo(one.id);
  };
  const healing = new Healing({
    clock: time.clock,
    cursor,
    page: async (after, limit) => {
      expect(limit).toBe(healingPageSize);
      asked.push(after);
      const page = answer(after, asked.length);
      if (page instanceof HubbubError) throw page;
      return page;
    },
    offer,
    gap: (gap) => {
      gaps.push(gap.to);
      cursor.jumpTo(gap.to);
    },
    refused: (error) => void refused.push(error.code),
  });
  return { healing, offer, time, cursor, asked, taken, gaps, refused };
}

function page(...sequences: number[]): RawPage {
  const end = sequences.at(-1) ?? 0;
  return { events: sequences.map((sequence) => event(sequence)), position: at(end), head: end };
}

describe('a hole', () => {
  test('is filled from the log before what follows it is handed on', async () => {
    const { offer, asked, taken } = healingOf(() => page(2, 3, 4));
    offer(event(4));
    expect(taken).toEqual([]);
    await settled();
    expect(asked).toEqual([at(1)]);
    expect(taken).toEqual([2, 3, 4]);
  });

  test('of many events is filled page by page', async () => {
    const { offer, asked, taken } = healingOf((after) => {
      const from = Number(after.split(':')[1]) + 1;
      return page(from, from + 1);
    });
    offer(event(7));
    await settled();
    expect(asked).toEqual([at(1), at(3), at(5)]);
    expect(taken).toEqual([2, 3, 4, 5, 6, 7]);
  });

  test('is filled once, however many events tell of it meanwhile', async () => {
    const { offer, asked, taken } = healingOf(() => page(2, 3, 4, 5));
    for (const sequence of [3, 4, 5]) offer(event(sequence));
    await settled();
    expect(asked).toHaveLength(1);
    expect(taken).toEqual([2, 3, 4, 5]);
  });

  test('is asked for again when the log does not answer, or does not have it yet', async () => {
    const answers = [new HubbubError('network', 'cut', { retryable: true }), page(), page(2, 3)];
    const { offer, time, taken } = healingOf((_, call) => answers[call - 1]!);
    offer(event(3));
    await settled();
    expect(taken).toEqual([]);
    await time.advance(5_000);
    expect(taken).toEqual([2, 3]);
    expect(time.timers).toBe(0);
  });

  test('of another life of the log ends in a gap', async () => {
    const life = '00000001';
    const gap = { from: at(1), to: at(9, life), reason: 'lost_past' };
    const { offer, gaps, cursor, asked } = healingOf(() => ({ events: [], position: gap.to, head: 9, gap }));
    offer(event(9, {}, life));
    await settled();
    expect(gaps).toEqual([at(9, life)]);
    expect(cursor.position).toBe(at(9, life));
    expect(asked).toHaveLength(1);
  });

  test('that we may not read any more ends the room', async () => {
    const { offer, refused, time } = healingOf(() => new HubbubError('not_found', 'no such room', { status: 404 }));
    offer(event(3));
    await time.advance(60_000);
    expect(refused).toEqual(['not_found']);
  });

  test('is left alone when the room is left', async () => {
    const { offer, healing, taken, time } = healingOf(() => page(2, 3));
    offer(event(3));
    healing.stop();
    await time.advance(60_000);
    expect(taken).toEqual([]);
  });
});
