import { Hubbub } from '../../src/client.js';
import type { HubbubError } from '../../src/errors.js';
import type { HubbubOptions } from '../../src/types.js';
import { at } from './events.js';
import { FakeClock, settled } from './fakeClock.js';
import { eventStream, FakeFetch, json } from './fakeFetch.js';
import type { Answer, Asked } from './fakeFetch.js';
import { fakeSockets } from './fakeSocket.js';

/** A client in a world of the test's making: its time, its sockets, its requests. It follows one room. */
export function clientOf(options: Partial<HubbubOptions> = {}) {
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

export type World = ReturnType<typeof clientOf>;

export async function connect(world: World): Promise<void> {
  world.client.connect().catch(() => undefined);
  await settled();
}

/** What the HTTP transports answer when they work. */
export function works(asked: Asked): Answer | undefined {
  if (!asked.path.startsWith('/api/events')) return undefined;
  if (asked.accept === 'text/event-stream') {
    const stream = eventStream(asked.signal);
    stream.say('joined', { roomId: 'room1', position: at(3), head: 3 });
    return stream.response;
  }
  return asked.path.endsWith('wait=0') ? json({ rooms: [{ roomId: 'room1', events: [], position: at(3), head: 3 }] }) : 'never';
}

export const holdsStreams = (asked: Asked): Answer | undefined => (asked.accept === 'text/event-stream' ? 'never' : works(asked));

/** Within a quarter of a second of its making, for the given time. */
export async function everySocketFails(world: World, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 250) {
    await world.time.advance(250);
    const socket = world.sockets.last();
    if (socket && socket.readyState === 0) socket.drop();
  }
}

/** A waiting poll, answered with nothing when its time is over. */
export function answeredLater(world: World, asked: Asked): Promise<Answer> {
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
