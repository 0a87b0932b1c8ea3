import { describe, expect, test } from 'vitest';
import type { LinkEnd, LinkHost, RoomStart } from '../../src/transports/link.js';
import { WebSocketLink } from '../../src/transports/websocket.js';
import type { ServerFrame } from '../../src/wire.js';
import { FakeClock } from '../kit/fakeClock.js';
import { fakeSockets } from '../kit/fakeSocket.js';

function linkOf(rooms: RoomStart[] = [{ id: 'room1' }]) {
  const time = new FakeClock();
  const sockets = fakeSockets();
  const frames: ServerFrame[] = [];
  const ends: LinkEnd[] = [];
  const opened: (string | undefined)[] = [];
  let expiring = 0;
  const host: LinkHost = {
    base: 'https://hubbub.test/chat',
    clock: time.clock,
    http: undefined as never,
    api: undefined as never,
    WebSocket: sockets.WebSocket,
    rooms: () => rooms,
    user: () => undefined,
  };
  const link = new WebSocketLink(host, 'jwt', {
    opened: (user) => void opened.push(user?.id),
    frame: (frame) => void frames.push(frame),
    tokenExpiring: () => void (expiring += 1),
    shallMove: () => undefined,
    closed: (end) => void ends.push(end),
  });
  link.open();
  return { link, time, socket: sockets.last(), frames, ends, opened, rooms, expiring: () => expiring };
}

describe('the handshake', () => {
  test('carries the token as a subprotocol and never in the address', () => {
    const { socket } = linkOf();
    expect(socket.url).toBe('wss://hubbub.test/chat/ws');
    expect(socket.protocols).toEqual(['hubbub.v1', 'hubbub.token.jwt']);
  });

  test('is over with the welcome, and rooms are joined without waiting for it', () => {
    const { socket, opened } = linkOf([{ id: 'a', after: '9f3a01bc:4' }, { id: 'b', last: 50 }, { id: 'c' }]);
    socket.accept();
    expect(socket.sentOf('join').map((frame) => frame.payload)).toEqual([
      { roomId: 'a', after: '9f3a01bc:4' },
      { roomId: 'b', last: 50 },
      { roomId: 'c' },
    ]);
    expect(opened).toEqual([]);
    socket.say('welcome', { user: { id: 'u-1', name: 'Ann' } });
    expect(opened).toEqual(['u-1']);
  });

  test('without rooms says something all the same, so that there is something to answer', () => {
    const { socket } = linkOf([]);
    socket.accept();
    expect(socket.sent).toEqual([{ type: 'ping' }]);
  });
});

describe('a silent peer', () => {
  test('is asked after 15 s and given up 10 s later', async () => {
    const { socket, time, ends } = linkOf();
    socket.welcome();
    await time.advance(14_999);
    expect(socket.sentOf('ping')).toHaveLength(0);
    await time.advance(1);
    expect(socket.sentOf('ping')).toHaveLength(1);
    await time.advance(9_999);
    expect(ends).toEqual([]);
    await time.advance(1);
    expect(ends).toEqual([{ reason: 'silent' }]);
    expect(socket.readyState).toBe(3);
    expect(time.timers).toBe(0);
  });

  test('that answers is left in peace, also when it answers in the same millisecond', async () => {
    const { socket, time, ends } = linkOf();
    socket.welcome();
    const send = socket.send.bind(socket);
    socket.send = (data) => {
      send(data);
      if (data.includes('ping')) socket.say('pong');
    };
    await time.advance(120_000);
    expect(ends).toEqual([]);
    // The silence after an answer that took no time is counted from the answer: a ping every 25 s at most.
    expect(socket.sentOf('ping').length).toBeGreaterThanOrEqual(4);
  });

  test('is not asked while there is traffic', async () => {
    const { socket, time } = linkOf();
    socket.welcome();
    for (let count = 0; count < 10; count++) {
      await time.advance(14_000);
      socket.say('typing', { roomId: 'room1', user: { id: 'u-2', name: 'Bob' } });
    }
    expect(socket.sentOf('ping')).toHaveLength(0);
  });

  test('is found within 3 s when there is a reason for doubt', async () => {
    const { link, socket, time, ends } = linkOf();
    socket.welcome();
    link.check();
    expect(socket.sentOf('ping')).toHaveLength(1);
    await time.advance(3_000);
    expect(ends).toEqual([{ reason: 'silent' }]);
  });
});

describe('frames', () => {
  test('go to the rooms, and the refusal of a join says which room it was', () => {
    const { socket, frames } = linkOf([{ id: 'a' }, { id: 'b' }]);
    socket.welcome();
    const second = socket.sentOf('join')[1]!;
    socket.say('error', { code: 'not_found', message: 'No such room.', retryable: false }, second.id);
    socket.say('joined', { roomId: 'a', position: '9f3a01bc:0', head: 0 }, 1);
    expect(frames.map(({ type, payload }) => [type, payload['roomId']])).toEqual([
      ['error', 'b'],
      ['joined', 'a'],
    ]);
  });

  test('that answer our own leaving are not taken for the end of a room that was joined again', () => {
    const { link, socket, frames } = linkOf();
    socket.welcome();
    link.leave('room1');
    const leave = socket.sentOf('leave')[0]!;
    socket.say('left', { roomId: 'room1', reason: 'left' }, leave.id);
    expect(frames).toEqual([]);
    socket.say('left', { roomId: 'room1', reason: 'left' });
    expect(frames.map((frame) => frame.type)).toEqual(['left']);
  });

  test('that are no frames are ignored', () => {
    const { socket, frames, ends } = linkOf();
    socket.welcome();
    for (const data of ['', 'null', '[]', '{"type":7}', '{', new ArrayBuffer(3)]) socket.onmessage?.({ data });
    expect(frames).toEqual([]);
    expect(ends).toEqual([]);
  });

  test('that announce the closing count, whatever the close itself says', () => {
    const { socket, ends } = linkOf();
    socket.welcome();
    socket.say('closing', { code: 4100, reason: 'overloaded', retryAfter: 7 });
    socket.drop(1006);
    expect(ends).toEqual([{ code: 4100, reason: 'overloaded', retryAfterMs: 7_000 }]);
  });

  test('about the token are passed on, and a fresh token goes back on the same socket', () => {
    const { link, socket, opened, expiring } = linkOf();
    socket.welcome();
    socket.say('token_expiring', { expiresAt: '2026-01-01T00:00:00.000Z' });
    expect(expiring()).toBe(1);
    link.authenticate('newer');
    expect(socket.sentOf('auth')).toEqual([{ type: 'auth', payload: { token: 'newer' } }]);
    socket.say('welcome', { user: { id: 'u-1', name: 'Ann' } });
    expect(opened).toEqual(['u-1']);
  });
});

test('an address that the WebSocket refuses is an end like any other', () => {
  const ends: LinkEnd[] = [];
  const host: LinkHost = {
    base: 'http://hubbub.test',
    clock: new FakeClock().clock,
    http: undefined as never,
    api: undefined as never,
    WebSocket: class {
      constructor() {
        throw new SyntaxError('no');
      }
    } as never,
    rooms: () => [],
    user: () => undefined,
  };
  const nothing = (): void => undefined;
  new WebSocketLink(host, 'jwt', {
    opened: nothing,
    frame: nothing,
    tokenExpiring: nothing,
    shallMove: nothing,
    closed: (end) => void ends.push(end),
  }).open();
  expect(ends).toHaveLength(1);
});

test('a link that we close says nothing more', async () => {
  const { link, socket, ends, time, frames } = linkOf();
  socket.welcome();
  link.close();
  socket.say('joined', { roomId: 'room1' });
  socket.drop();
  await time.advance(60_000);
  expect(ends).toEqual([]);
  expect(frames).toEqual([]);
  expect(time.timers).toBe(0);
});
