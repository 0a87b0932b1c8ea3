import { describe, expect, test } from 'vitest';
import { Hubbub } from '../../src/client.js';
import { at } from '../kit/events.js';
import { settled } from '../kit/fakeClock.js';
import { json } from '../kit/fakeFetch.js';
import { clientOf, connect, everySocketFails, holdsStreams, works } from '../kit/world.js';

describe('the choice of the transport', () => {
  test('is the WebSocket where that opens', async () => {
    const world = clientOf();
    const connected = world.client.connect();
    await settled();
    expect(world.states).toEqual(['connecting']);
    world.sockets.last().welcome('u-7');
    await connected;
    expect([world.client.state, world.client.transport, world.client.user?.id]).toEqual(['online', 'websocket', 'u-7']);
    expect(world.net.asked).toEqual([]);
  });

  test('falls to the event stream as soon as the WebSocket has failed twice', async () => {
    const world = clientOf();
    world.net.route = works;
    await connect(world);
    world.sockets.last().drop();
    await world.time.advance(0);
    world.sockets.last().drop();
    await settled();
    expect(world.sockets.all).toHaveLength(2);
    expect([world.client.state, world.client.transport, world.client.user?.id]).toEqual(['online', 'sse', 'u-1']);
  });

  test('falls to the event stream when the WebSocket does not open within 2.5 s', async () => {
    const world = clientOf();
    world.net.route = works;
    await connect(world);
    world.sockets.last().accept();
    await world.time.advance(2_499);
    expect(world.client.state).toBe('connecting');
    await world.time.advance(1);
    expect(world.client.transport).toBe('sse');
  });

  test('reaches the long poll within 5 s when sockets hang and streams are held back', async () => {
    const world = clientOf();
    world.net.route = holdsStreams;
    const began = world.time.now;
    let took = Number.NaN;
    void world.client.connect().then(() => (took = world.time.now - began));
    await world.time.advance(5_000);
    expect(world.client.transport).toBe('longpoll');
    expect(took).toBe(4_000);
  });

  test('leaves out the WebSocket where there is none', async () => {
    const world = clientOf({ transports: ['sse', 'longpoll'] });
    world.net.route = works;
    await connect(world);
    expect(world.client.transport).toBe('sse');
    expect(world.sockets.all).toEqual([]);
    expect(() => new Hubbub({ url: 'http://hubbub.test', transports: [] })).toThrow('no transport');
  });

  test('goes past an event stream that a proxy answers with a page', async () => {
    const world = clientOf({ transports: ['sse', 'longpoll'] });
    world.net.route = (asked) => (asked.accept === 'text/event-stream' ? new Response('<html>', { status: 200 }) : works(asked));
    await connect(world);
    await world.time.advance(0);
    expect(world.client.transport).toBe('longpoll');
  });

  test('keeps trying, ever more slowly, when nothing answers', async () => {
    const world = clientOf();
    world.time.chance = 1;
    world.net.route = () => new TypeError('fetch failed');
    await connect(world);
    await everySocketFails(world, 120_000);
    expect(world.client.state).toBe('connecting');
    // Twice at first, then once a round: 0, 0, 0.5, 1, 2, 4, 4 s … of pause, and a quarter of a second until the socket has failed.
    expect(world.sockets.all.length).toBeGreaterThanOrEqual(28);
    expect(world.sockets.all.length).toBeLessThanOrEqual(34);
  });
});

describe('a lost connection', () => {
  test('is resumed at once, from the position that was reached', async () => {
    const world = clientOf();
    await connect(world);
    world.sockets.last().welcome();
    world.sockets
      .last()
      .say('message', { roomId: 'room1', sequence: 4, id: at(4), sender: { id: 'u-2', name: 'u-2' }, sentAt: '', message: 'x' });
    world.sockets.last().drop();
    await world.time.advance(0);
    expect(world.client.state).toBe('reconnecting');
    world.sockets.last().welcome();
    expect(world.sockets.last().sentOf('join')[0]?.payload).toEqual({ roomId: 'room1', after: at(4) });
    expect(world.client.state).toBe('online');
    expect(world.states).toEqual(['connecting', 'online', 'reconnecting', 'reconnecting', 'online']);
  });

  test('that is lost again and again is resumed ever more slowly, until a stable minute', async () => {
    const world = clientOf({ transports: ['websocket'] });
    world.time.chance = 1;
    await connect(world);
    const waits: number[] = [];
    const loseAfter = async (milliseconds: number): Promise<void> => {
      world.sockets.last().welcome();
      await world.time.advance(milliseconds);
      if (milliseconds >= 15_000) world.sockets.last().say('pong');
      world.sockets.last().drop();
      const wait = world.client.nextAttemptAt! - world.time.now;
      waits.push(wait);
      await world.time.advance(wait);
    };
    for (let count = 0; count < 4; count++) await loseAfter(1_000);
    expect(waits).toEqual([0, 500, 1000, 2000]);
    world.sockets.last().welcome();
    for (let count = 0; count < 6; count++) {
      await world.time.advance(10_000);
      world.sockets.last().say('pong');
    }
    world.sockets.last().drop();
    expect(world.client.nextAttemptAt! - world.time.now).toBe(0);
  });

  test('is tried at once when the browser says that there is a network again', async () => {
    const world = clientOf({ transports: ['websocket'] });
    world.time.chance = 1;
    await connect(world);
    for (let count = 0; count < 9; count++) {
      world.sockets.last().drop();
      await settled();
      if (count < 8) await world.time.advance(4_000);
    }
    expect(world.client.nextAttemptAt! - world.time.now).toBe(4_000);
    const before = world.sockets.all.length;
    world.networkIsBack();
    await settled();
    expect(world.sockets.all).toHaveLength(before + 1);
    expect(world.client.nextAttemptAt).toBeUndefined();
  });

  test('is tried at once when a post goes through, unless the server has asked for time', async () => {
    const world = clientOf({ transports: ['websocket'] });
    world.time.chance = 1;
    const posted = { room: 'room1', sequence: 4, epoch: '9f3a01bc', id: at(4), sentAt: '' };
    world.net.route = (asked) => (asked.path.endsWith('/messages') ? json(posted, 201) : undefined);
    await connect(world);
    world.sockets.last().welcome();
    for (let count = 0; count < 5; count++) {
      world.sockets.last().drop();
      await settled();
      if (count < 4) await world.time.advance(4_000);
    }
    const before = world.sockets.all.length;
    expect(world.client.nextAttemptAt! - world.time.now).toBeGreaterThan(1_000);
    world.room.post('through');
    await settled();
    expect(world.sockets.all).toHaveLength(before + 1);

    world.sockets.last().welcome();
    world.sockets.last().say('closing', { code: 4100, retryAfter: 60 });
    world.room.post('through as well');
    await settled();
    expect(world.sockets.all).toHaveLength(before + 1);
  });

  test('is not resumed after close', async () => {
    const world = clientOf();
    await connect(world);
    world.sockets.last().welcome();
    world.sockets.last().drop();
    await world.client.close();
    await world.time.advance(120_000);
    expect(world.sockets.all).toHaveLength(1);
    expect(world.client.state).toBe('closed');
    expect(world.time.timers).toBe(0);
  });

  test('may be connected again after close, and goes on at its position', async () => {
    const world = clientOf();
    await connect(world);
    world.sockets.last().welcome();
    await world.client.close();
    await connect(world);
    world.sockets.last().welcome();
    expect(world.client.state).toBe('online');
    expect(world.sockets.last().sentOf('join')[0]?.payload).toEqual({ roomId: 'room1', after: at(3) });
  });

  test.each([1, 2])('a listener that closes the client in the middle of a loss has the last word (at word %i)', async (word) => {
    const world = clientOf();
    await connect(world);
    world.sockets.last().welcome();
    let words = 0;
    world.client.on('state', (state) => {
      if (state === 'reconnecting' && ++words === word) void world.client.close();
    });
    world.sockets.last().drop();
    await world.time.advance(120_000);
    expect(world.sockets.all).toHaveLength(1);
    expect(world.client.state).toBe('closed');
  });
});

test('more than 128 rooms at a time are refused', () => {
  const { client } = clientOf();
  for (let count = 1; count < 128; count++) client.join(`other${count}`);
  expect(() => client.join('one-more')).toThrow('128 rooms');
  expect(client.join('room1')).toBe(client.join('room1'));
});

test('an address that is none is refused', () => {
  expect(() => new Hubbub({ url: 'ftp://hubbub.test' })).toThrow('http:');
  expect(() => new Hubbub({})).toThrow('http:');
});
