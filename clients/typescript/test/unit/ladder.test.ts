import { expect, test } from 'vitest';
import { Ladder } from '../../src/ladder.js';

const all = ['websocket', 'sse', 'longpoll'] as const;

test('the preferred transport is given up after two failures', () => {
  const ladder = new Ladder(all);
  expect(ladder.failed('refused')).toBe('again');
  expect(ladder.transport).toBe('websocket');
  expect(ladder.failed('refused')).toBe('lower');
  expect(ladder.transport).toBe('sse');
});

test('a transport that used up its time is not tried a second time', () => {
  const ladder = new Ladder(all);
  expect(ladder.failed('late')).toBe('lower');
  expect(ladder.failed('late')).toBe('lower');
  expect(ladder.transport).toBe('longpoll');
});

test('below the last rung there is a rest, and the next round tries each transport once', () => {
  const ladder = new Ladder(all);
  for (const step of ['again', 'lower', 'lower', 'rest']) expect(ladder.failed('refused')).toBe(step);
  expect(ladder.transport).toBe('websocket');
  for (const step of ['lower', 'lower', 'rest']) expect(ladder.failed('refused')).toBe(step);
});

test('a server that speaks is no reason for another transport', () => {
  const ladder = new Ladder(all);
  for (let count = 0; count < 5; count++) expect(ladder.failed('server')).toBe('rest');
  expect(ladder.transport).toBe('websocket');
});

test('a transport that opened is tried first when it is lost', () => {
  const ladder = new Ladder(all);
  ladder.failed('late');
  ladder.opened('sse');
  expect(ladder.transport).toBe('sse');
  expect(ladder.above).toEqual(['websocket']);
  ladder.opened('websocket');
  expect(ladder.above).toEqual([]);
  expect(ladder.failed('refused')).toBe('again');
});

test('the only transport is tried for ever', () => {
  const ladder = new Ladder(['websocket']);
  for (const step of ['again', 'rest', 'rest', 'rest']) expect(ladder.failed('refused')).toBe(step);
  expect(ladder.transport).toBe('websocket');
});
