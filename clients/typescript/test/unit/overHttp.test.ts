import { describe, expect, test } from 'vitest';
import { at } from '../kit/events.js';
import { eventStream, json } from '../kit/fakeFetch.js';
import { clientOf, connect, works } from '../kit/world.js';

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
    asked.path.startsWith('/api/events')
      ? json({ rooms: [{ roomId: 'room1', events: [], position: at(3), head: 3 }] })
      : undefined;
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
    if (transport === 'longpoll')
      return json({ rooms: entries.map((entry) => ({ roomId: entry.split('@')[0], events: [], position: at(1), head: 1 })) });
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
