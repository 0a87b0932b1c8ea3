import { describe, expect, test } from 'vitest';
import { addressOf } from '../../src/move.js';
import type { HubbubOptions } from '../../src/types.js';
import { at, event } from '../kit/events.js';
import { settled } from '../kit/fakeClock.js';
import { eventStream } from '../kit/fakeFetch.js';
import { clientOf, connect, works } from '../kit/world.js';
import type { World } from '../kit/world.js';

describe('a server that asks us to go on elsewhere', () => {
  async function online(options: Partial<HubbubOptions> = {}): Promise<World> {
    const world = clientOf(options);
    await connect(world);
    world.sockets.last().welcome();
    world.sockets.last().say('joined', { roomId: 'room1', position: at(3), head: 3 });
    await settled();
    world.states.length = 0;
    return world;
  }

  test('is left when the new connection reads, and nobody sees anything', async () => {
    const world = await online();
    const seen: number[] = [];
    world.room.on('event', (event) => void seen.push(event.sequence));
    const old = world.sockets.last();
    old.say('reconnect', { reason: 'drain', deadline: 10 });
    await settled();
    expect(world.sockets.all).toHaveLength(2);
    const fresh = world.sockets.last();
    expect(fresh.url).toBe('ws://hubbub.test/ws');
    old.say('message', { ...event(4) });
    expect(old.readyState).toBe(1);
    fresh.welcome();
    expect(fresh.sentOf('join')[0]?.payload).toEqual({ roomId: 'room1', after: at(4) });
    expect(old.readyState).toBe(3);
    fresh.say('joined', { roomId: 'room1', position: at(4), head: 4 });
    fresh.say('message', { ...event(5) });
    expect(seen).toEqual([4, 5]);
    expect(world.states.filter((state) => state !== 'online')).toEqual([]);
    await world.time.advance(10_000);
    expect(world.sockets.all).toHaveLength(2);
  });

  test('is kept while the new connection cannot be had, and that is tried again', async () => {
    const world = await online();
    const old = world.sockets.last();
    old.say('reconnect', { reason: 'drain', deadline: 10 });
    await settled();
    world.sockets.last().drop();
    await world.time.advance(500);
    expect(world.sockets.all).toHaveLength(3);
    expect([old.readyState, world.client.state]).toEqual([1, 'online']);
    old.say('reconnect', { reason: 'drain', deadline: 10 });
    await settled();
    expect(world.sockets.all).toHaveLength(3);
    world.sockets.last().welcome();
    expect(old.readyState).toBe(3);
    expect(world.states.filter((state) => state !== 'online')).toEqual([]);
  });

  test('that ends the old one in the meantime is not missed: the new one is on its way', async () => {
    const world = await online();
    const old = world.sockets.last();
    old.say('reconnect', { reason: 'drain', deadline: 10 });
    await settled();
    old.say('closing', { code: 4000, reason: 'go on at another node' });
    await world.time.advance(1_000);
    expect(world.sockets.all).toHaveLength(2);
    world.sockets.last().welcome();
    expect(world.states.filter((state) => state !== 'online')).toEqual([]);
    expect(world.sockets.all.filter((socket) => socket.readyState === 1)).toHaveLength(1);
  });

  test('at another address is followed there, posts and all, until nobody answers there', async () => {
    const world = await online();
    world.sockets.last().say('reconnect', { reason: 'drain', deadline: 10, url: 'http://two.test/' });
    await settled();
    expect(world.sockets.last().url).toBe('ws://two.test/ws');
    world.sockets.last().welcome();
    world.room.post('hello');
    await settled();
    const posted = world.net.to('/api/rooms/room1/messages').at(-1)!;
    expect(posted.origin).toBe('http://two.test');
    world.sockets.last().drop();
    await world.time.advance(30_000);
    expect(world.sockets.last().url).toBe('ws://hubbub.test/ws');
  });

  test('at an address that does not answer is looked for at the usual one', async () => {
    const world = await online();
    const old = world.sockets.last();
    old.say('reconnect', { reason: 'drain', deadline: 10, url: 'http://two.test' });
    await settled();
    world.sockets.last().drop();
    await world.time.advance(1_000);
    world.sockets.last().drop();
    await world.time.advance(2_000);
    expect(world.sockets.last().url).toBe('ws://hubbub.test/ws');
    world.sockets.last().welcome();
    expect(old.readyState).toBe(3);
  });

  test('on an event stream is left in the same way', async () => {
    const streams: ReturnType<typeof eventStream>[] = [];
    const world = clientOf({ transports: ['sse'] });
    world.net.route = (asked) => {
      if (asked.accept !== 'text/event-stream') return works(asked);
      const stream = eventStream(asked.signal);
      streams.push(stream);
      stream.say('joined', { roomId: 'room1', position: at(3), head: 3 });
      return stream.response;
    };
    await connect(world);
    await world.time.advance(100);
    const before = streams.length;
    world.states.length = 0;
    streams.at(-1)!.say('reconnect', { reason: 'drain', deadline: 10 });
    await world.time.advance(100);
    expect(streams).toHaveLength(before + 1);
    expect(world.net.to('/api/events').at(-2)!.signal.aborted).toBe(true);
    expect(world.states.filter((state) => state !== 'online')).toEqual([]);
  });

  test('gets our token only where it is as safe as here', () => {
    expect(addressOf('http://two.test/', 'http://one.test')).toBe('http://two.test');
    expect(addressOf('https://two.test', 'http://one.test')).toBe('https://two.test');
    expect(addressOf('http://two.test', 'https://one.test')).toBeUndefined();
    expect(addressOf('javascript:alert(1)', 'http://one.test')).toBeUndefined();
    expect(addressOf('http:///x', 'http://one.test')).toBeUndefined();
    expect(addressOf(undefined, 'http://one.test')).toBeUndefined();
  });
});
