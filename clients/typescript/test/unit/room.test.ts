import { describe, expect, test } from 'vitest';
import { HubbubApi } from '../../src/api.js';
import { Credentials } from '../../src/credentials.js';
import type { HubbubError } from '../../src/errors.js';
import { Http } from '../../src/http.js';
import { Outbox } from '../../src/outbox.js';
import { OutboxStore } from '../../src/outboxStore.js';
import { LiveRoom } from '../../src/room.js';
import { memoryStorage } from '../../src/storage.js';
import type { JsonEvent } from '../../src/wire.js';
import { frameOf } from '../../src/wire.js';
import { at, event } from '../kit/events.js';
import { FakeClock, settled } from '../kit/fakeClock.js';
import { FakeFetch, json, problem } from '../kit/fakeFetch.js';

function roomOf(options: { after?: string; last?: number } = {}) {
  const time = new FakeClock();
  const net = new FakeFetch();
  const base = 'http://hubbub.test';
  const guest = {
    base,
    name: 'Ann',
    fetch: net.fetch,
    clock: time.clock,
    storage: memoryStorage(),
    storageKey: 'guest',
    made: () => undefined,
  };
  const api = new HubbubApi(new Http(base, net.fetch, time.clock, new Credentials('t', guest)));
  const errors: HubbubError[] = [];
  const calls: string[] = [];
  const link = { isUp: true };
  const report = (error: HubbubError): void => void errors.push(error);
  const newKey = (): string => 'key-1';
  const outbox = new Outbox('room1', {
    clock: time.clock,
    store: new OutboxStore(memoryStorage(), ''),
    newKey,
    report,
    send: (id, text, key) => api.post(id, text, key),
  });
  const room = new LiveRoom('room1', options, outbox, {
    api,
    clock: time.clock,
    newKey,
    report,
    restart: () => void calls.push('restart'),
    ended: (_room, byUs) => void calls.push(byUs ? 'ended by us' : 'ended'),
    typing: () => {
      if (!link.isUp) return false;
      calls.push('typing');
      return true;
    },
  });
  const said: string[] = [];
  room.on('event', (one) => void said.push(`event ${one.sequence}`));
  room.on('joined', ({ position }) => void said.push(`joined ${position}`));
  room.on('gap', ({ to }) => void said.push(`gap ${to}`));
  room.on('skipped', ({ from, to, count }) => void said.push(`skipped ${count} from ${from} to ${to}`));
  room.on('left', ({ reason, error }) => void said.push(`left ${reason}${error ? ` ${error.code}` : ''}`));
  room.on('readMark', (position) => void said.push(`read ${position}`));
  room.on('signal', ({ user }) => void said.push(`typing ${user.name}`));
  const receive = (type: string, payload: Record<string, unknown>): void => room.receive({ type, payload });
  const receiveEvent = (one: JsonEvent): void => room.receive(frameOf(one));
  return { room, outbox, time, net, link, errors, calls, said, receive, receiveEvent };
}

describe('a room', () => {
  test('starts its stream at the head, with the last few, or after a position; then always after where it is', () => {
    expect(roomOf().room.start).toEqual({ id: 'room1' });
    expect(roomOf({ after: '0' }).room.start).toEqual({ id: 'room1', after: '0' });
    const { room, receive, receiveEvent } = roomOf({ last: 20 });
    expect(room.start).toEqual({ id: 'room1', last: 20 });
    receive('joined', { roomId: 'room1', position: at(4), head: 24 });
    receiveEvent(event(5));
    expect(room.start).toEqual({ id: 'room1', after: at(5) });
  });

  test('passes over an event of a type that it does not know, and hands on the next', () => {
    const { receiveEvent, said, room } = roomOf({ after: at(1) });
    receiveEvent(event(2, { type: 'something_new', message: undefined }));
    receiveEvent(event(3));
    expect(said).toEqual(['event 3']);
    expect(room.position).toBe(at(3));
  });

  test('heals a hole that a stream left, over HTTP', async () => {
    const { receiveEvent, said, net } = roomOf({ after: at(1) });
    net.route = () => json({ events: [event(2), event(3), event(4)], position: at(4), head: 4 });
    receiveEvent(event(4));
    await settled();
    receiveEvent(event(5));
    expect(said).toEqual(['event 2', 'event 3', 'event 4', 'event 5']);
    expect(net.asked.map((asked) => asked.path)).toEqual([`/api/rooms/room1/events?after=9f3a01bc%3A1&limit=500`]);
  });

  test('tells a gap once, though two overlapping streams tell it', () => {
    const { receive, receiveEvent, said } = roomOf({ after: at(9) });
    const gap = { roomId: 'room1', from: at(9), to: at(2, '00000001'), reason: 'lost_past' };
    receive('gap', gap);
    receive('gap', gap);
    receiveEvent(event(3, {}, '00000001'));
    expect(said).toEqual([`gap ${at(2, '00000001')}`, 'event 3']);
  });

  test('tells what a relaxed room skips, goes on behind it, and does not ask the log for it', async () => {
    const { receive, receiveEvent, said, net, room } = roomOf({ after: at(1) });
    receiveEvent(event(2));
    receive('skipped', { roomId: 'room1', from: at(2), to: at(40), count: 38 });
    receiveEvent(event(41));
    await settled();
    expect(said).toEqual(['event 2', `skipped 38 from ${at(2)} to ${at(40)}`, 'event 41']);
    expect(room.position).toBe(at(41));
    expect(net.asked).toEqual([]);
  });

  test('counts of a skip only what it did not have, and passes over one that it has behind it', () => {
    const { receive, receiveEvent, said } = roomOf({ after: at(1) });
    for (const sequence of [2, 3, 4]) receiveEvent(event(sequence));
    receive('skipped', { roomId: 'room1', from: at(2), to: at(4), count: 2 });
    receive('skipped', { roomId: 'room1', from: at(2), to: at(9), count: 7 });
    receive('skipped', { roomId: 'room1', from: at(2), to: at(9), count: 7 });
    expect(said.slice(3)).toEqual([`skipped 5 from ${at(4)} to ${at(9)}`]);
  });

  test('heals what is missing before a skip', async () => {
    const { receive, said, net } = roomOf({ after: at(1) });
    net.route = () => json({ events: [event(2), event(3), event(4)], position: at(4), head: 4 });
    receive('skipped', { roomId: 'room1', from: at(2), to: at(4), count: 2 });
    await settled();
    expect(said).toEqual(['event 2', 'event 3', 'event 4']);
  });

  test('lets go of an own post that was skipped', async () => {
    const { receive, room, net, outbox } = roomOf({ after: at(1) });
    net.route = () => json({ room: 'room1', sequence: 5, epoch: '9f3a01bc', id: at(5), sentAt: '' });
    outbox.wake('u-1');
    room.post('mine');
    await settled();
    expect(room.outbox.map((post) => post.state)).toEqual(['sent']);
    receive('skipped', { roomId: 'room1', from: at(1), to: at(7), count: 6 });
    expect(room.outbox).toEqual([]);
  });

  test('ends when the server ends it, and says why', () => {
    for (const reason of ['left', 'removed', 'gone']) {
      const { receive, receiveEvent, said, calls, room } = roomOf({ after: at(1) });
      receive('left', { roomId: 'room1', reason });
      receiveEvent(event(2));
      expect(said).toEqual([`left ${reason}`]);
      expect(calls).toEqual(['ended']);
      expect(room.start).toBeUndefined();
    }
  });

  test('that is refused for good ends', () => {
    const { receive, said, room } = roomOf();
    receive('error', { roomId: 'room1', code: 'not_found', message: 'No such room.', retryable: false });
    expect(said).toEqual(['left refused not_found']);
    expect(room.start).toBeUndefined();
  });

  test('that is refused for a passing reason is asked for again, a second later at the earliest', async () => {
    const { receive, said, calls, time, room, errors } = roomOf();
    const refusal = { roomId: 'room1', code: 'rate_limited', message: 'Slower.', retryable: true };
    receive('error', refusal);
    receive('error', refusal);
    expect(room.start).toBeUndefined();
    expect(errors.map((error) => error.code)).toEqual(['rate_limited']);
    await time.advance(999);
    expect(calls).toEqual([]);
    await time.advance(1);
    expect(calls).toEqual(['restart']);
    expect(room.start).toEqual({ id: 'room1' });
    expect(said).toEqual([]);
  });

  test('that may not be read any more, as a healing finds, ends', async () => {
    const { receiveEvent, said, net, calls } = roomOf({ after: at(1) });
    net.route = () => problem(403, 'forbidden');
    receiveEvent(event(5));
    await settled();
    expect(said).toEqual(['left refused forbidden']);
    expect(calls).toEqual(['ended by us']);
  });

  test('says that somebody types once in three seconds, however many keys are struck', async () => {
    const { room, calls, time } = roomOf();
    for (let count = 0; count < 70; count++) {
      room.typing();
      await time.advance(100);
    }
    expect(calls).toEqual(['typing', 'typing', 'typing']);
  });

  test('says it at the next key when it could not be told at the first', () => {
    const { room, calls, link } = roomOf();
    link.isUp = false;
    room.typing();
    link.isUp = true;
    room.typing();
    expect(calls).toEqual(['typing']);
  });

  test('says at once that somebody types who writes on after a message', () => {
    const { room, calls } = roomOf();
    room.typing();
    room.post('Hello');
    room.typing();
    expect(calls).toEqual(['typing', 'typing']);
  });

  test('hands on how far one has read, and only forward', () => {
    const { room, said, receive } = roomOf();
    expect(room.readMark).toBeUndefined();
    for (const sequence of [3, 3, 2, 5]) receive('read', { roomId: 'room1', user: { id: 'u-1' }, position: at(sequence) });
    receive('read', { roomId: 'room1' });
    receive('read', { roomId: 'room1', position: 'nonsense' });
    expect(said).toEqual([`read ${at(3)}`, `read ${at(5)}`]);
    receive('read', { roomId: 'room1', position: 'ffffffff:1' });
    expect(room.readMark).toBe('ffffffff:1');
  });

  test('tells the signals of others', () => {
    const { receive, said } = roomOf();
    receive('typing', { roomId: 'room1', user: { id: 'u-2', name: 'Bob' } });
    receive('typing', { roomId: 'room1' });
    expect(said).toEqual(['typing Bob']);
  });

  test('goes on when a listener throws, and does not hide the error', async () => {
    const { room, receiveEvent, said } = roomOf({ after: at(1) });
    // The test runner listens as well, and would call it a failure.
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const surfaced = new Promise((resolve) => process.once('uncaughtException', resolve));
    const stop = room.on('event', () => {
      stop();
      throw new Error('a bug of the application');
    });
    receiveEvent(event(2));
    receiveEvent(event(3));
    expect(said).toEqual(['event 2', 'event 3']);
    expect(await surfaced).toMatchObject({ message: 'a bug of the application' });
    for (const other of others) process.on('uncaughtException', other);
  });

  test('tries an edit again with the same key when the answer is lost', async () => {
    const { room, net, time } = roomOf();
    const posted = { room: 'room1', sequence: 5, epoch: '9f3a01bc', id: at(5), sentAt: '' };
    net.route = () => (net.asked.length < 3 ? new TypeError('cut') : json(posted));
    const outcome = room.edit(at(2), 'better');
    await time.advance(2_000);
    expect(await outcome).toEqual(posted);
    expect(net.asked.map((asked) => asked.body)).toEqual(Array(3).fill({ message: 'better', key: 'key-1' }));
  });
});
