import { describe, expect, test } from 'vitest';
import { Climb } from '../../src/climb.js';
import type { Opening } from '../../src/opening.js';
import type { TransportName } from '../../src/types.js';
import { at } from '../kit/events.js';
import { FakeClock, settled } from '../kit/fakeClock.js';
import { answeredLater, clientOf, connect, holdsStreams, works } from '../kit/world.js';
import type { World } from '../kit/world.js';

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
    await world.time.advance(4_000);
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
    // Each pause but the first comes after the 4 s that a failed probe of both takes.
    const own = pauses.map((pause, index) => (index === 0 ? pause : pause - 4_000));
    expect(own).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
  });

  test('goes to the event stream where only that works', async () => {
    const world = await onLower('longpoll');
    world.net.route = works;
    await world.time.advance(32_500);
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

test('a probe whose token comes too late is not begun', async () => {
  const time = new FakeClock();
  const begun: string[] = [];
  let ready!: (opening: Opening) => void;
  const nothing = (): void => undefined;
  const climb = new Climb({
    clock: time.clock,
    prepare: () => new Promise((resolve) => (ready = resolve)),
    frame: nothing,
    lost: nothing,
    tokenExpiring: nothing,
    shallMove: nothing,
    arrived: nothing,
  });
  climb.start(['websocket'], false);
  await time.advance(30_000);
  climb.stop();
  ready({ begin: () => void begun.push('begun'), abandon: nothing } as unknown as Opening);
  await settled();
  expect(begun).toEqual([]);
  expect(climb.trial).toBeUndefined();
  expect(time.timers).toBe(0);
});
