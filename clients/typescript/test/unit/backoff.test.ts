import { expect, test } from 'vitest';
import { Backoff, retrying } from '../../src/backoff.js';
import { HubbubError } from '../../src/errors.js';
import { FakeClock, settled } from '../kit/fakeClock.js';

function tries(backoff: Backoff, count: number): number[] {
  return Array.from({ length: count }, () => backoff.next());
}

test('the first try is at once and the ceiling doubles from 0.5 s to 4 s', () => {
  const time = new FakeClock();
  time.chance = 1;
  expect(tries(new Backoff(time.clock), 7)).toEqual([0, 500, 1000, 2000, 4000, 4000, 4000]);
});

test('the whole range below the ceiling is used', () => {
  const time = new FakeClock();
  time.chance = 0;
  expect(tries(new Backoff(time.clock), 4)).toEqual([0, 0, 0, 0]);
  time.chance = 0.25;
  expect(tries(new Backoff(time.clock), 4)).toEqual([0, 125, 250, 500]);
});

test('the waiting time stays at 4 s however often it is asked', () => {
  const time = new FakeClock();
  time.chance = 1;
  expect(tries(new Backoff(time.clock), 2000).at(-1)).toBe(4_000);
});

test('after a reset the next try is at once again', () => {
  const backoff = new Backoff(new FakeClock().clock);
  tries(backoff, 5);
  backoff.reset();
  expect(tries(backoff, 2)).toEqual([0, 250]);
});

test('an act that fails for a passing reason is tried again, as often as agreed', async () => {
  const time = new FakeClock();
  let count = 0;
  const outcome = retrying(time.clock, 3, async () => {
    count += 1;
    throw new HubbubError('network', 'no answer', { retryable: true });
  }).catch((error: HubbubError) => error.code);
  await time.advance(10_000);
  expect(await outcome).toBe('network');
  expect(count).toBe(3);
});

test('an act that is refused for good is not tried again', async () => {
  const time = new FakeClock();
  let count = 0;
  const outcome = retrying(time.clock, 3, async () => {
    count += 1;
    throw new HubbubError('forbidden', 'not yours');
  }).catch((error: HubbubError) => error.code);
  await settled();
  expect(await outcome).toBe('forbidden');
  expect(count).toBe(1);
});

test('a server that says how long to wait is believed', async () => {
  const time = new FakeClock();
  let count = 0;
  const outcome = retrying(time.clock, 2, async () => {
    count += 1;
    if (count === 1) throw new HubbubError('rate_limited', 'slower', { retryable: true, retryAfterMs: 7_000 });
    return 'done';
  });
  await time.advance(6_999);
  expect(count).toBe(1);
  await time.advance(1);
  expect(await outcome).toBe('done');
});
