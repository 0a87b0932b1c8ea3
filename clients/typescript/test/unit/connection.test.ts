import { describe, expect, test } from 'vitest';
import { Hubbub } from '../../src/client.js';
import type { HubbubError } from '../../src/errors.js';
import type { HubbubOptions, TransportName } from '../../src/types.js';
import { at } from '../kit/events.js';
import { FakeClock, settled } from '../kit/fakeClock.js';
import { eventStream, FakeFetch, json, problem } from '../kit/fakeFetch.js';
import type { Answer, Asked } from '../kit/fakeFetch.js';
import { fakeSockets } from '../kit/fakeSocket.js';

/** A client in a world of the test's making: its time, its sockets, its requests. It follows one room. */
function clientOf(options: Partial<HubbubOptions> = {}) {
  const time = new FakeClock();
  const sockets = fakeSockets();
  const net = new FakeFetch();
  const network = new EventTarget();
  const client = new Hubbub({
    url: 'http://hubbub.test',
    token: 'jwt',
    WebSocket: sockets.WebSocket,
    fetch: net.fetch,
    networkEvents: network,
    ...time.options,
    ...options,
  });
  const states: string[] = [];
  const errors: HubbubError[] = [];
  client.on('state', (state) => void states.push(state));
  client.on('error', (error) => void errors.push(error));
  const room = client.join('room1', { after: at(3) });
  return { client, room, time, sockets, net, states, errors, networkIsBack: () => network.dispatchEvent(new Event('online')) };
}

type World = ReturnType<typeof clientOf>;

async function connect(world: World): Promise<void> {
  world.client.connect().catch(() => undefined);
  await settled();
}

/** What the HTTP transports answer when they work. */
function works(asked: Asked): Answer | undefined {
  if (!asked.path.startsWith('/api/events')) return undefined;
  if (asked.accept === 'text/event-stream') {
    const stream = eventStream(asked.signal);
    stream.say('joined', { roomId: 'room1', position: at(3), head: 3 });
    return stream.response;
  }
  return asked.path.endsWith('wait=0') ? json({ rooms: [{ roomId: 'room1', events: [], position: at(3), head: 3 }] }) : 'never';
}

const holdsStreams = (asked: Asked): Answer | undefined => (asked.accept === 'text/event-stream' ? 'never' : works(asked));

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

  test('falls to the event stream when the WebSocket does not open within 2.8 s', async () => {
    const world = clientOf();
    world.net.route = works;
    await connect(world);
    world.sockets.last().accept();
    await world.time.advance(2_799);
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
    expect(took).toBe(4_600);
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
    // Twice at first, then once a round: 0, 0, 0.5, 1, 2, 4, 8, 16, 30, 30 s … of pause.
    expect(world.sockets.all.length).toBeGreaterThanOrEqual(9);
    expect(world.sockets.all.length).toBeLessThanOrEqual(12);
  });
});

/** Within a quarter of a second of its making, for the given time. */
async function everySocketFails(world: World, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 250) {
    await world.time.advance(250);
    const socket = world.sockets.last();
    if (socket && socket.readyState === 0) socket.drop();
  }
}

describe('a lost connection', () => {
  test('is resumed at once, from the position that was reached', async () => {
    const world = clientOf();
    await connect(world);
    world.sockets.last().welcome();
    world.sockets.last().say('message', { roomId: 'room1', sequence: 4, id: at(4), sender: { id: 'u-2', name: 'u-2' }, sentAt: '', message: 'x' });
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
      if (count < 8) await world.time.advance(30_000);
    }
    expect(world.client.nextAttemptAt! - world.time.now).toBe(30_000);
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

describe('a server that sends us away', () => {
  async function sentAway(code: number, more: { retryAfter?: number } = {}, options: Partial<HubbubOptions> = {}): Promise<World> {
    const world = clientOf(options);
    await connect(world);
    world.sockets.last().welcome();
    world.sockets.last().say('closing', { code, reason: 'because', ...more });
    await settled();
    return world;
  }

  test('to another one is left within half a second', async () => {
    const world = await sentAway(4000);
    expect(world.client.nextAttemptAt! - world.time.now).toBe(250);
  });

  test('for a while is given that while', async () => {
    const world = await sentAway(4100, { retryAfter: 20 });
    expect(world.client.nextAttemptAt! - world.time.now).toBe(22_000);
  });

  test('for good is not bothered again', async () => {
    const world = await sentAway(4400);
    expect(world.client.state).toBe('closed');
    expect(world.errors.map((error) => error.code)).toEqual(['protocol']);
    await world.time.advance(600_000);
    expect(world.sockets.all).toHaveLength(1);
  });

  test('because of a token that has no successor is not bothered again', async () => {
    const world = await sentAway(4401);
    expect(world.client.state).toBe('closed');
    expect(world.errors.map((error) => error.code)).toEqual(['unauthenticated']);
  });

  test('because of a token is asked again with a fresh one', async () => {
    let calls = 0;
    const world = await sentAway(4401, {}, { token: () => `token-${++calls}` });
    expect(world.client.state).toBe('reconnecting');
    expect(world.sockets.last().protocols[1]).toBe('hubbub.token.token-2');
    world.sockets.last().welcome();
    expect(world.client.state).toBe('online');
  });

  test('whatever the token, is left alone after the second fresh one', async () => {
    let calls = 0;
    const world = await sentAway(4401, {}, { token: () => `token-${++calls}` });
    for (let count = 0; count < 5 && world.client.state !== 'closed'; count++) {
      world.sockets.last().accept();
      world.sockets.last().drop(4401);
      await settled();
    }
    expect(world.client.state).toBe('closed');
    expect(world.sockets.all).toHaveLength(3);
  });

  test('at the first connection makes connect() reject', async () => {
    const world = clientOf();
    const outcome = world.client.connect().catch((error: HubbubError) => error.code);
    await settled();
    world.sockets.last().accept();
    world.sockets.last().drop(4400);
    expect(await outcome).toBe('protocol');
  });

  test.each([
    [401, 'token_expired'],
    [403, 'foreign_origin'],
  ])('without a word on the socket is asked over HTTP: %i makes connect() reject', async (status, code) => {
    const world = clientOf({ transports: ['websocket'] });
    world.net.route = () => problem(status, code);
    const outcome = world.client.connect().catch((error: HubbubError) => error.code);
    await settled();
    world.sockets.last().drop();
    expect(await outcome).toBe(code);
    expect(world.client.state).toBe('closed');
  });

  test('without a word on the socket, because of an old token, gets a fresh one on the next socket', async () => {
    let calls = 0;
    const world = clientOf({ token: () => `token-${++calls}` });
    world.net.route = (asked) => (asked.token === 'token-1' ? problem(401, 'token_expired') : undefined);
    await connect(world);
    world.sockets.last().drop();
    await world.time.advance(0);
    expect(world.sockets.last().protocols[1]).toBe('hubbub.token.token-2');
    world.sockets.last().welcome();
    expect(world.client.transport).toBe('websocket');
  });

  test('without a word and without an answer is tried again after a second', async () => {
    const world = clientOf();
    world.net.route = () => 'never';
    await connect(world);
    world.sockets.last().drop();
    await world.time.advance(999);
    expect(world.sockets.all).toHaveLength(1);
    await world.time.advance(1);
    expect(world.sockets.all).toHaveLength(2);
  });

  test('by an overloaded answer over HTTP does not make us change the transport', async () => {
    const world = clientOf({ transports: ['sse', 'longpoll'] });
    world.net.route = () => problem(503, 'overloaded', { retryable: true, retryAfter: 10 });
    await connect(world);
    expect(world.client.nextAttemptAt! - world.time.now).toBe(11_000);
    world.net.route = works;
    await world.time.advance(11_000);
    expect(world.client.transport).toBe('sse');
  });
});

describe('a token that runs out', () => {
  test('is replaced in place on a WebSocket', async () => {
    let calls = 0;
    const world = clientOf({ token: () => `token-${++calls}` });
    await connect(world);
    world.sockets.last().welcome();
    world.sockets.last().say('token_expiring', { expiresAt: '' });
    await settled();
    expect(world.sockets.last().sentOf('auth')[0]?.payload).toEqual({ token: 'token-2' });
    expect(world.sockets.all).toHaveLength(1);
  });

  test('is replaced by a new request on an event stream', async () => {
    let calls = 0;
    const world = clientOf({ token: () => `token-${++calls}`, transports: ['sse'] });
    const streams: ReturnType<typeof eventStream>[] = [];
    world.net.route = (asked) => {
      if (!asked.path.startsWith('/api/events')) return undefined;
      const stream = eventStream(asked.signal);
      stream.say('joined', { roomId: 'room1', position: at(3), head: 3 });
      streams.push(stream);
      return stream.response;
    };
    await connect(world);
    streams[0]!.say('token_expiring', { expiresAt: '' });
    await world.time.advance(10);
    expect(world.net.to('/api/events').map((asked) => asked.token)).toEqual(['token-1', 'token-2']);
    expect(world.client.state).toBe('online');
  });

  test('whose successor cannot be had yet is kept, and the error is told', async () => {
    let calls = 0;
    const world = clientOf({
      token: () => {
        calls += 1;
        if (calls > 1) throw new Error('the session has ended');
        return 'token-1';
      },
    });
    await connect(world);
    world.sockets.last().welcome();
    world.sockets.last().say('token_expiring', { expiresAt: '' });
    await settled();
    expect(world.errors.map((error) => error.code)).toEqual(['token']);
    expect(world.client.state).toBe('online');
  });
});

describe('climbing back', () => {
  async function onLower(lower: TransportName): Promise<World> {
    const world = clientOf();
    world.net.route = lower === 'sse' ? works : holdsStreams;
    await connect(world);
    await world.time.advance(5_000);
    expect(world.client.transport).toBe(lower);
    return world;
  }

  test('the WebSocket is tried after 30 s, and the stream goes only when that is open', async () => {
    const world = await onLower('longpoll');
    const before = world.sockets.all.length;
    await world.time.advance(30_000);
    const poll = world.net.to('/api/events').at(-1)!;
    expect([poll.path.endsWith('wait=25'), poll.signal.aborted]).toEqual([true, false]);
    const asked = world.net.asked.length;
    expect(world.sockets.all).toHaveLength(before + 1);
    expect([world.client.state, world.client.transport]).toEqual(['online', 'longpoll']);
    world.sockets.last().accept();
    expect(world.sockets.last().sentOf('join')[0]?.payload).toEqual({ roomId: 'room1', after: at(3) });
    world.sockets.last().say('welcome', { user: { id: 'u-1', name: 'u-1' } });
    expect([world.client.state, world.client.transport]).toEqual(['online', 'websocket']);
    expect(world.states).not.toContain('reconnecting');
    expect(poll.signal.aborted).toBe(true);
    await world.time.advance(10_000);
    expect(world.net.asked).toHaveLength(asked);
  });

  test('is tried ever more rarely, at least every 5 min', async () => {
    const world = clientOf();
    // Each waiting poll is answered, with nothing, when its time is over.
    world.net.route = (asked) => {
      const waits = asked.path.startsWith('/api/events') && asked.path.endsWith('wait=25');
      return waits ? answeredLater(world, asked) : holdsStreams(asked);
    };
    await connect(world);
    await world.time.advance(4_600);
    expect(world.client.transport).toBe('longpoll');
    const made: number[] = [];
    let known = world.sockets.all.length;
    const began = world.time.now;
    for (let step = 0; step < 6_000; step++) {
      await world.time.advance(200);
      if (world.sockets.all.length === known) continue;
      known = world.sockets.all.length;
      made.push(world.time.now - began);
    }
    expect(world.client.transport).toBe('longpoll');
    const pauses = made.map((time, index) => time - (made[index - 1] ?? 0));
    // Each pause but the first comes after the 4.6 s that a failed probe of both takes.
    const own = pauses.map((pause, index) => (index === 0 ? pause : pause - 4_600));
    expect(own).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
  });

  test('goes to the event stream where only that works', async () => {
    const world = await onLower('longpoll');
    world.net.route = works;
    await world.time.advance(32_800);
    expect(world.client.transport).toBe('sse');
  });

  test('begins at once when the browser says that the network is another', async () => {
    const world = await onLower('longpoll');
    const before = world.sockets.all.length;
    world.networkIsBack();
    await world.time.advance(0);
    expect(world.sockets.all).toHaveLength(before + 1);
    world.sockets.last().welcome();
    expect(world.client.transport).toBe('websocket');
  });

  test('begins within a second where the WebSocket had worked before', async () => {
    const world = clientOf();
    world.net.route = works;
    await connect(world);
    world.sockets.last().welcome();
    world.sockets.last().drop();
    await world.time.advance(0);
    world.sockets.last().drop();
    await world.time.advance(300);
    world.sockets.last().drop();
    await settled();
    expect(world.client.transport).toBe('sse');
    await world.time.advance(1_000);
    world.sockets.last().welcome();
    expect(world.client.transport).toBe('websocket');
  });

  test('that fails leaves the conversation where it is', async () => {
    const world = await onLower('longpoll');
    const seen = world.states.length;
    await world.time.advance(30_000);
    world.sockets.last().drop(4401);
    await world.time.advance(2_000);
    expect(world.client.transport).toBe('longpoll');
    expect(world.states.slice(seen)).toEqual([]);
  });
});

function answeredLater(world: World, asked: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = world.time.options.setTimeout(
      () => resolve(json({ rooms: [{ roomId: 'room1', events: [], position: at(3), head: 3 }] })),
      25_000,
    );
    asked.signal.addEventListener('abort', () => {
      world.time.options.clearTimeout(timer);
      reject(new DOMException('aborted', 'AbortError'));
    });
  });
}

describe('an event stream', () => {
  test('that is silent for 25 s is taken for dead', async () => {
    const world = clientOf({ transports: ['sse'] });
    world.net.route = works;
    await connect(world);
    await world.time.advance(24_999);
    expect(world.net.to('/api/events')).toHaveLength(1);
    await world.time.advance(2);
    expect(world.net.to('/api/events')).toHaveLength(2);
  });

  test('is made anew for a room that comes or goes, once for many', async () => {
    const world = clientOf({ transports: ['sse'] });
    world.net.route = works;
    await connect(world);
    const joined: string[] = [];
    world.room.on('joined', (one) => void joined.push(one.roomId));
    const other = world.client.join('room2');
    world.client.join('room3', { after: '0' });
    await world.time.advance(10);
    other.leave();
    await world.time.advance(10);
    // Each of these streams says that room1 begins; its listeners have heard it before.
    expect(joined).toEqual([]);
    expect(world.net.to('/api/events').map((asked) => asked.path)).toEqual([
      `/api/events?rooms=room1@${at(3)}`,
      `/api/events?rooms=room1@${at(3)},room2,room3@0`,
      `/api/events?rooms=room1@${at(3)},room3@0`,
    ]);
  });
});

test('a long poll that is answered at once with nothing is asked once a second', async () => {
  const world = clientOf({ transports: ['longpoll'] });
  world.net.route = (asked) =>
    asked.path.startsWith('/api/events') ? json({ rooms: [{ roomId: 'room1', events: [], position: at(3), head: 3 }] }) : undefined;
  await connect(world);
  const before = world.net.to('/api/events').length;
  await world.time.advance(10_000);
  expect(world.net.to('/api/events').length - before).toBe(10);
});

test.each(['sse', 'longpoll'] as const)('%s reads more rooms than one line can name by two requests', async (transport) => {
  const world = clientOf({ transports: [transport] });
  const ids = Array.from({ length: 127 }, (_, index) => `${'long'.repeat(15)}-${index}`);
  const joined = ids.map((id) => world.client.join(id, { after: at(123_456_789) }));
  let said = 0;
  for (const room of joined) room.on('joined', () => void (said += 1));
  world.net.route = (asked) => {
    if (!asked.path.startsWith('/api/events')) return undefined;
    const entries = new URL(asked.path, 'http://hubbub.test').searchParams.get('rooms')!.split(',');
    if (transport === 'longpoll' && asked.path.endsWith('wait=25')) return 'never';
    if (transport === 'longpoll') return json({ rooms: entries.map((entry) => ({ roomId: entry.split('@')[0], events: [], position: at(1), head: 1 })) });
    const stream = eventStream(asked.signal);
    for (const entry of entries) stream.say('joined', { roomId: entry.split('@')[0], position: at(1), head: 1 });
    return stream.response;
  };
  await connect(world);
  expect(world.client.state).toBe('online');
  expect(said).toBe(127);
  const first = world.net.to('/api/events').slice(0, 2);
  expect(Math.max(...world.net.to('/api/events').map((asked) => asked.path.length))).toBeLessThan(6_100);
  const named = first.flatMap((asked) => new URL(asked.path, 'http://hubbub.test').searchParams.get('rooms')!.split(','));
  expect(new Set(named).size).toBe(128);
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
