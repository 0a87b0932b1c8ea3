import { describe, expect, test } from 'vitest';
import type { HubbubError } from '../../src/errors.js';
import type { HubbubOptions } from '../../src/types.js';
import { at } from '../kit/events.js';
import { settled } from '../kit/fakeClock.js';
import { eventStream, problem } from '../kit/fakeFetch.js';
import { clientOf, connect, works } from '../kit/world.js';
import type { World } from '../kit/world.js';

describe('a server that sends us away', () => {
  async function sentAway(
    code: number,
    more: { retryAfter?: number } = {},
    options: Partial<HubbubOptions> = {},
  ): Promise<World> {
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
