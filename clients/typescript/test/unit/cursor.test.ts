import { describe, expect, test } from 'vitest';
import { Cursor, parsePosition } from '../../src/cursor.js';
import { at, event, randomOf } from '../kit/events.js';

describe('positions', () => {
  test('are an epoch of 8 hex digits and a sequence, or 0', () => {
    expect(parsePosition('9f3a01bc:42')).toEqual({ epoch: '9f3a01bc', sequence: 42 });
    expect(parsePosition('0')).toEqual({ epoch: undefined, sequence: 0 });
  });

  test.each([
    '',
    ':',
    '1',
    '9F3A01BC:1',
    '9f3a01b:1',
    '9f3a01bc:',
    '9f3a01bc:-1',
    '9f3a01bc:1.5',
    '9f3a01bc:9999999999999999',
    undefined,
    7,
  ])('are not %j', (text) => expect(parsePosition(text)).toBeUndefined());
});

describe('a cursor', () => {
  test('takes the next event and no other', () => {
    const cursor = new Cursor(at(4));
    expect(cursor.take(event(6))).toBe('hole');
    expect(cursor.take(event(4))).toBe('old');
    expect(cursor.take(event(1))).toBe('old');
    expect(cursor.position).toBe(at(4));
    expect(cursor.take(event(5))).toBe('next');
    expect(cursor.take(event(5))).toBe('old');
    expect(cursor.position).toBe(at(5));
  });

  test('takes nothing before a stream has said where it starts', () => {
    const cursor = new Cursor();
    expect(cursor.take(event(1))).toBe('nowhere');
    expect(cursor.position).toBeUndefined();
    cursor.startAt(at(1));
    expect(cursor.take(event(2))).toBe('next');
  });

  test('is not moved by a later stream that starts elsewhere', () => {
    const cursor = new Cursor(at(4));
    cursor.startAt(at(9));
    cursor.startAt(at(4, '00000001'));
    expect(cursor.position).toBe(at(4));
  });

  test('at 0 takes the first event of whatever life, and learns its name', () => {
    const cursor = new Cursor('0');
    expect(cursor.position).toBe('0');
    expect(cursor.take(event(2))).toBe('hole');
    expect(cursor.take(event(1))).toBe('next');
    expect(cursor.position).toBe(at(1));

    const told = new Cursor('0');
    told.startAt(at(0));
    expect(told.position).toBe(at(0));
  });

  test('at 0 is not moved by a stream that starts later', () => {
    const cursor = new Cursor('0');
    cursor.startAt(at(7));
    expect(cursor.position).toBe('0');
  });

  test('sees a hole in an event of another life, whatever its number', () => {
    const cursor = new Cursor(at(4));
    expect(cursor.take(event(5, {}, '00000001'))).toBe('hole');
    expect(cursor.take(event(1, {}, '00000001'))).toBe('hole');
    cursor.jumpTo(at(1, '00000001'));
    expect(cursor.take(event(2, {}, '00000001'))).toBe('next');
  });

  test.each([
    [5, at(5), at(9), true],
    // Told of further back by a second stream: its end is news. And one that was told before.
    [5, at(3), at(9), true],
    [5, at(2), at(4), false],
    // A store has lost its newest, and a log has begun anew.
    [5, at(5), at(3), true],
    [5, at(5), at(2, '00000001'), true],
    [5, at(9, '00000002'), at(2, '00000001'), false],
    [5, '', at(2, '00000001'), false],
    [5, at(5), '', false],
  ])('that stands at %i and is told of a gap from %s to %s: does it concern it? %s', (here, from, to, concerns) => {
    expect(new Cursor(at(here)).concerns(from, to)).toBe(concerns);
  });

  test('knows what it has passed', () => {
    const cursor = new Cursor(at(4));
    expect(cursor.hasPassed(at(4))).toBe(true);
    expect(cursor.hasPassed(at(5))).toBe(false);
    expect(cursor.hasPassed(at(5, '00000001'))).toBe(true);
    expect(new Cursor('0').hasPassed(at(1))).toBe(false);
    expect(new Cursor().hasPassed(at(1))).toBe(true);
  });

  test('hands on 1 to N in order, whatever is repeated, reordered and left out, if holes are healed from the log', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = randomOf(seed);
      const log = Array.from({ length: 40 }, (_, index) => event(index + 1));
      const cursor = new Cursor('0');
      const taken: number[] = [];
      const offer = (sequence: number): string => {
        const verdict = cursor.take(log[sequence - 1]!);
        if (verdict === 'next') taken.push(sequence);
        return verdict;
      };
      for (let step = 0; step < 200; step++) {
        const sequence = 1 + Math.floor(random() * log.length);
        if (offer(sequence) === 'hole') for (let missing = taken.length + 1; missing <= sequence; missing++) offer(missing);
      }
      expect(taken, `seed ${seed}`).toEqual(Array.from({ length: taken.length }, (_, index) => index + 1));
      expect(taken.length, `seed ${seed}`).toBeGreaterThan(0);
    }
  });
});
