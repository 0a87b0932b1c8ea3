import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Role, User } from '../../src/types.js';
import { parseFrame, textOf } from '../../src/wire.js';
import { follow, FakeRoom, Refusal } from './fakeRooms.js';

/**
 * As much of Hubbub as the scenarios need, in one process and in memory: guests, rooms, posts with keys, and the four ways of
 * reading. It is written from docs/protocol.md and shares no code with the SDK but the reading of positions and frames.
 */
export class FakeServer {
  readonly rooms = new Map<string, FakeRoom>();
  readonly #users = new Map<string, User>();
  readonly #http = createServer((request, response) => void this.#answer(request, response));
  readonly #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'hubbub.v1' });

  async start(): Promise<string> {
    this.#http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, socket, head));
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  room(id: string): FakeRoom {
    const known = this.rooms.get(id);
    if (known) return known;
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id)) throw new Refusal(400, 'bad_room');
    const room = new FakeRoom(id, id, 'public', randomBytes(4).toString('hex'));
    this.rooms.set(id, room);
    return room;
  }

  #userOf(token: string | undefined): User {
    const user = token === undefined ? undefined : this.#users.get(token);
    if (!user) throw new Refusal(401, 'unauthenticated');
    return user;
  }

  // The WebSocket.

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const entry = request.headers['sec-websocket-protocol']?.split(/, */).find((part) => part.startsWith('hubbub.token.'));
    const user = this.#users.get(entry?.slice('hubbub.token.'.length) ?? '');
    this.#sockets.handleUpgrade(request, socket, head, (opened) => {
      if (user) this.#serve(opened, user);
      else opened.close(4401, 'unauthenticated');
    });
  }

  #serve(socket: WebSocket, user: User): void {
    const joined = new Map<string, () => void>();
    const send = (type: string, payload: Record<string, unknown>, id?: string | number): void =>
      socket.send(JSON.stringify({ type, ...(id === undefined ? {} : { id }), payload }));
    send('welcome', { user, expiresAt: '2100-01-01T00:00:00.000Z', pingSeconds: 15 });
    socket.on('message', (data) => {
      const frame = parseFrame(String(data));
      if (!frame) return;
      const roomId = textOf(frame.payload['roomId']) ?? '';
      try {
        if (frame.type === 'ping') send('pong', {});
        if (frame.type === 'join') {
          joined.get(roomId)?.();
          let answered = false;
          const stop = follow(this.room(roomId), user, frame.payload, (type, payload) => {
            send(type, payload, answered ? undefined : frame.id);
            answered = true;
          });
          joined.set(roomId, stop);
        }
        if (frame.type === 'leave') {
          joined.get(roomId)?.();
          send('left', { roomId, reason: 'left' }, frame.id);
        }
        if (frame.type === 'typing') this.#typing(this.room(roomId), user);
      } catch (thrown) {
        if (!(thrown instanceof Refusal)) throw thrown;
        send('error', { code: thrown.code, message: thrown.code, retryable: false }, frame.id);
      }
    });
    socket.on('close', () => joined.forEach((stop) => stop()));
  }

  #typing(room: FakeRoom, user: User): void {
    room.check(user);
    room.ring({ type: 'typing', payload: { roomId: room.id, user } });
  }

  // HTTP.

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    try {
      const body = await readBody(request);
      if (request.method === 'POST' && url.pathname === '/api/guests')
        return reply(response, 201, this.#guest(String(body['name'])));
      const user = this.#userOf(request.headers.authorization?.replace('Bearer ', ''));
      if (url.pathname === '/api/events') {
        const rooms = (url.searchParams.get('rooms') ?? '').split(',').map((entry) => entry.split('@') as [string, string?]);
        if (request.headers.accept === 'text/event-stream') this.#stream(rooms, user, response);
        else await this.#poll(rooms, user, Number(url.searchParams.get('wait') ?? 0), response);
        return;
      }
      const parts = url.pathname.split('/').slice(2).map(decodeURIComponent);
      const [status, answer] = this.#route(request.method ?? '', parts, url.searchParams, body, user);
      reply(response, status, answer);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      reply(response, thrown.status, { title: thrown.code, status: thrown.status, code: thrown.code, retryable: false });
    }
  }

  #guest(name: string): Record<string, unknown> {
    const user = { id: `g-${randomBytes(6).toString('hex')}`, name };
    const token = randomBytes(12).toString('hex');
    this.#users.set(token, user);
    return { token, user, expiresAt: '2100-01-01T00:00:00.000Z' };
  }

  #route(method: string, parts: string[], query: URLSearchParams, body: Record<string, unknown>, user: User): [number, unknown] {
    const [collection, id, ...rest] = parts;
    if (collection === 'me') return [200, { user, expiresAt: '2100-01-01T00:00:00.000Z' }];
    if (collection === 'invitations') return this.#invitation(method, id ?? '', user);
    if (collection !== 'rooms') throw new Refusal(404, 'not_found');
    if (id === undefined) return method === 'POST' ? this.#createRoom(body, user) : this.#listRooms(user);
    const room = this.room(id);
    room.check(user);
    const what = `${method} ${rest[0] ?? ''}`;
    switch (what) {
      case 'GET ':
        return [200, room.describe(user)];
      case 'PATCH ':
        room.checkOwner(user);
        room.name = String(body['name']);
        room.append('room_renamed', user, { name: room.name });
        return [200, room.describe(user)];
      case 'GET events':
        return [200, page(room, query)];
      case 'GET members':
        return [200, { members: [...room.members.values()], next: null }];
      case 'PUT members':
        return [200, room.enter(user, 'member')];
      case 'DELETE members':
        if (rest[1] !== 'me') room.checkOwner(user);
        room.remove(rest[1] === 'me' ? user.id : rest[1]!, user);
        return [204, undefined];
      case 'POST invitations':
        return this.#invite(room, user);
      case 'GET invitations':
        room.checkOwner(user);
        return [
          200,
          {
            invitations: [...room.invitations]
              .filter(([, one]) => !one.revoked)
              .map(([key, one]) => ({ id: key, createdBy: one.createdBy, expiresAt: '' })),
          },
        ];
      case 'DELETE invitations':
        room.checkOwner(user);
        room.invitations.get(rest[1]!)!.revoked = true;
        return [204, undefined];
      case 'PUT read':
        room.marks.set(user.id, String(body['position']));
        room.ring({ type: 'read', payload: { roomId: room.id, user, position: body['position'] } });
        return [200, { position: body['position'] }];
      case 'POST typing':
        this.#typing(room, user);
        return [202, undefined];
      case 'POST messages':
      case 'PATCH messages':
      case 'DELETE messages':
        return this.#message(method, room, rest[1], body, user);
      default:
        throw new Refusal(404, 'not_found');
    }
  }

  #createRoom(body: Record<string, unknown>, user: User): [number, unknown] {
    const id = textOf(body['id']) ?? `r-${randomBytes(6).toString('hex')}`;
    if (this.rooms.has(id)) throw new Refusal(409, 'room_exists');
    const visibility = body['visibility'] === 'private' ? 'private' : 'public';
    const room = new FakeRoom(id, textOf(body['name']) ?? id, visibility, randomBytes(4).toString('hex'));
    this.rooms.set(id, room);
    room.append('room_created', user, { name: room.name, visibility });
    room.enter(user, 'owner');
    return [201, room.describe(user)];
  }

  #listRooms(user: User): [number, unknown] {
    const rooms = [...this.rooms.values()].filter((room) => room.mayRead(user)).sort((a, b) => (a.id < b.id ? -1 : 1));
    return [200, { rooms: rooms.map((room) => room.describe(user)), next: null }];
  }

  #invite(room: FakeRoom, user: User): [number, unknown] {
    room.checkOwner(user);
    const id = randomBytes(4).toString('hex');
    const token = randomBytes(12).toString('hex');
    room.invitations.set(id, { token, createdBy: user, revoked: false });
    return [201, { id, token, link: `/i/${token}`, expiresAt: '2100-01-01T00:00:00.000Z' }];
  }

  #invitation(method: string, token: string, user: User): [number, unknown] {
    for (const room of this.rooms.values()) {
      const invitation = [...room.invitations.values()].find((one) => one.token === token);
      if (!invitation) continue;
      if (invitation.revoked) throw new Refusal(410, 'gone');
      if (method === 'GET') return [200, { room: { id: room.id, name: room.name }, expiresAt: '2100-01-01T00:00:00.000Z' }];
      room.enter(user, 'member' satisfies Role);
      return [200, room.describe(user)];
    }
    throw new Refusal(404, 'not_found');
  }

  #message(
    method: string,
    room: FakeRoom,
    messageId: string | undefined,
    body: Record<string, unknown>,
    user: User,
  ): [number, unknown] {
    const key = textOf(body['key']);
    const message = textOf(body['message']) ?? '';
    if (method !== 'DELETE' && message.trim() === '') throw new Refusal(400, 'bad_message');
    const original = room.events.find((event) => event.id === messageId);
    if (method !== 'POST' && !original) throw new Refusal(404, 'not_found');
    if (method === 'PATCH' && (original?.['sender'] as User).id !== user.id) throw new Refusal(403, 'forbidden');
    const [type, own] =
      method === 'POST'
        ? (['message', { message, ...(key === undefined ? {} : { key }) }] as const)
        : method === 'PATCH'
          ? (['message_edited', { messageId, message }] as const)
          : (['message_deleted', { messageId }] as const);
    const { event, repeated } = room.appendOnce(key, type, user, own);
    const answer = { room: room.id, sequence: event.sequence, epoch: room.epoch, id: event.id, sentAt: event['sentAt'] };
    return [method === 'POST' && !repeated ? 201 : 200, answer];
  }

  #stream(rooms: [string, string?][], user: User, response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const send = (type: string, payload: Record<string, unknown>): void =>
      void response.write(`data: ${JSON.stringify({ type, payload })}\n\n`);
    const stops = rooms.map(([id, after]) => {
      try {
        return follow(this.room(id), user, after === undefined ? {} : { after }, send);
      } catch (thrown) {
        if (!(thrown instanceof Refusal)) throw thrown;
        send('error', { roomId: id, code: thrown.code, message: thrown.code, retryable: false });
        return () => undefined;
      }
    });
    response.on('close', () => stops.forEach((stop) => stop()));
  }

  async #poll(rooms: [string, string?][], user: User, wait: number, response: ServerResponse): Promise<void> {
    const starts = rooms.map(
      ([id, after]) => [id, after ?? (this.rooms.has(id) ? this.room(id).at(this.room(id).head) : undefined)] as const,
    );
    const read = (): Record<string, unknown>[] => starts.map(([id, after]) => this.#readOne(id, after, user));
    const deadline = Date.now() + wait * 1000;
    let answer = read();
    while (
      Date.now() < deadline &&
      !response.destroyed &&
      answer.every((room) => room['events'] && !room['gap'] && (room['events'] as []).length === 0)
    ) {
      await this.#nextRing(
        starts.map(([id]) => id),
        deadline - Date.now(),
        response,
      );
      answer = read();
    }
    if (!response.destroyed) reply(response, 200, { rooms: answer });
  }

  #readOne(id: string, after: string | undefined, user: User): Record<string, unknown> {
    try {
      const room = this.room(id);
      room.check(user);
      const begun = room.begin(after === undefined ? {} : { after });
      if (begun.gap) return { roomId: id, events: [], position: begun.gap.to, head: room.head, gap: begun.gap };
      const events = room.events.slice(begun.sequence, begun.sequence + 200);
      return { roomId: id, events, position: room.at(begun.sequence + events.length), head: room.head };
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      return { roomId: id, error: { code: thrown.code, message: thrown.code, retryable: false } };
    }
  }

  #nextRing(rooms: string[], milliseconds: number, response: ServerResponse): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        stops.forEach((stop) => stop());
        response.off('close', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      const stops = rooms.map((id) => this.room(id).listen((signal) => void (signal?.type === 'typing' || signal?.type === 'read' ? undefined : done())));
      response.on('close', done);
    });
  }
}

function page(room: FakeRoom, query: URLSearchParams): Record<string, unknown> {
  const limit = Number(query.get('limit') ?? 100);
  const [before, around, last] = [query.get('before'), query.get('around'), query.get('last')];
  const sequenceOf = (position: string): number => Number(position.split(':')[1]);
  let from = 0;
  let to = room.head;
  if (before !== null) [from, to] = [Math.max(0, sequenceOf(before) - 1 - limit), sequenceOf(before) - 1];
  else if (around !== null)
    [from, to] = [Math.max(0, sequenceOf(around) - 1 - Math.floor(limit / 2)), sequenceOf(around) + Math.floor(limit / 2)];
  else {
    const after = query.get('after');
    const begun = room.begin({ ...(after === null ? {} : { after }), ...(last === null ? {} : { last: Number(last) }) });
    if (begun.gap) return { events: [], position: begun.gap.to, head: room.head, gap: begun.gap };
    [from, to] = [begun.sequence, begun.sequence + limit];
  }
  const events = room.events.slice(from, to);
  return { events, position: room.at(Math.min(room.head, from + events.length)), head: room.head };
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
