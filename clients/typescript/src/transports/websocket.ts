import type { TimerHandle } from '../clock.js';
import type { WebSocketLike } from '../types.js';
import type { ServerFrame } from '../wire.js';
import { parseFrame, textOf, userOf } from '../wire.js';
import { endOfClosing } from './link.js';
import type { Link, LinkEnd, LinkEvents, LinkHost, RoomStart } from './link.js';

/** Without traffic for this long, a ping is sent; nothing for the second time after it, and the peer is taken for dead. */
export const pingAfterMs = 15_000;
export const answerWithinMs = 10_000;
/** The patience when there is a reason for doubt, such as a change of network. */
const checkWithinMs = 3_000;

const openState = 1;

/** The WebSocket of the protocol's § 5. */
export class WebSocketLink implements Link {
  readonly transport = 'websocket';
  token: string;
  readonly #host: LinkHost;
  readonly #events: LinkEvents;
  #socket: WebSocketLike | undefined;
  #watch: TimerHandle | undefined;
  #heardAt = 0;
  /** A ping is out and nothing has come since. */
  #awaiting = false;
  #welcomed = false;
  #over = false;
  #nextId = 1;
  /** Which room a refused `join` was for. Only joins without an answer stand here: at most the rooms of the client. */
  readonly #joins = new Map<number, string>();

  constructor(host: LinkHost, token: string, events: LinkEvents) {
    this.#host = host;
    this.token = token;
    this.#events = events;
  }

  open(): void {
    const Socket = this.#host.WebSocket;
    if (!Socket) return this.#finish({ reason: 'no WebSocket here' });
    let socket: WebSocketLike;
    try {
      socket = new Socket(`${this.#host.base.replace(/^http/, 'ws')}/ws`, ['hubbub.v1', `hubbub.token.${this.token}`]);
    } catch (thrown) {
      return this.#finish({ reason: String(thrown) });
    }
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = (event: { data: unknown }) => this.#received(event.data);
    socket.onclose = (event: { code?: number; reason?: string }) =>
      this.#finish({ ...(event.code === undefined ? {} : { code: event.code }), reason: event.reason ?? '' });
    // The close event follows with what there is to know. The listener must stay: `ws` throws where there is none.
    socket.onerror = () => undefined;
  }

  join(roomId: string): void {
    // Rooms that are asked for before the socket is open are joined when it opens.
    const start = this.#host.rooms().find((room) => room.id === roomId);
    if (start && this.#socket?.readyState === openState) this.#sendJoin(start);
  }

  leave(roomId: string): void {
    // With an id, so that its answer is told from the news that our membership has ended.
    this.#send({ type: 'leave', id: this.#nextId++, payload: { roomId } });
  }

  typing(roomId: string): boolean {
    return this.#send({ type: 'typing', payload: { roomId } });
  }

  authenticate(token: string): void {
    this.token = token;
    this.#send({ type: 'auth', payload: { token } });
  }

  check(): void {
    if (this.#welcomed) this.#ping(checkWithinMs);
  }

  close(): void {
    this.#finish(undefined);
  }

  #opened(): void {
    const rooms = this.#host.rooms();
    for (const room of rooms) this.#sendJoin(room);
    // Something must be said first, so that the server has something to answer.
    if (rooms.length === 0) this.#send({ type: 'ping' });
    this.#heard();
    this.#watchFor(pingAfterMs);
  }

  #received(data: unknown): void {
    this.#heard();
    if (this.#over || typeof data !== 'string') return;
    const frame = parseFrame(data);
    if (!frame) return;
    switch (frame.type) {
      case 'welcome':
        this.#welcome(frame);
        break;
      case 'closing':
        this.#finish(endOfClosing(frame));
        break;
      case 'token_expiring':
        this.#events.tokenExpiring();
        break;
      case 'reconnect':
        this.#events.shallMove(textOf(frame.payload['url']));
        break;
      case 'pong':
        break;
      case 'error':
        this.#events.frame(this.#withRoom(frame));
        break;
      case 'left':
        if (frame.id === undefined) this.#events.frame(frame);
        break;
      default:
        if (typeof frame.id === 'number') this.#joins.delete(frame.id);
        this.#events.frame(frame);
    }
  }

  /** The second and later ones answer a token refreshed in place. */
  #welcome(frame: ServerFrame): void {
    if (this.#welcomed) return;
    this.#welcomed = true;
    this.#events.opened(userOf(frame.payload['user']));
  }

  #withRoom(frame: ServerFrame): ServerFrame {
    const roomId = typeof frame.id === 'number' ? this.#joins.get(frame.id) : undefined;
    if (roomId === undefined) return frame;
    this.#joins.delete(frame.id as number);
    return { ...frame, payload: { ...frame.payload, roomId } };
  }

  #sendJoin(start: RoomStart): void {
    const id = this.#nextId++;
    this.#joins.set(id, start.id);
    const { id: roomId, ...from } = start;
    this.#send({ type: 'join', id, payload: { roomId, ...from } });
  }

  #send(frame: { type: string; id?: number; payload?: unknown }): boolean {
    if (this.#socket?.readyState !== openState) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #heard(): void {
    this.#heardAt = this.#host.clock.now();
    this.#awaiting = false;
  }

  #ping(patience: number): void {
    this.#awaiting = true;
    this.#send({ type: 'ping' });
    this.#host.clock.cancel(this.#watch);
    this.#watch = this.#host.clock.after(patience, () => {
      if (this.#awaiting) this.#finish({ reason: 'silent' });
      else this.#watchFor(pingAfterMs);
    });
  }

  /** One timer that is looked at when it fires, instead of one that is set anew at every message. */
  #watchFor(milliseconds: number): void {
    this.#watch = this.#host.clock.after(milliseconds, () => {
      const quiet = this.#host.clock.now() - this.#heardAt;
      if (quiet >= pingAfterMs) this.#ping(answerWithinMs);
      else this.#watchFor(pingAfterMs - quiet);
    });
  }

  /** `undefined`: closed by ourselves, which nobody needs to be told. */
  #finish(end: LinkEnd | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#host.clock.cancel(this.#watch);
    const socket = this.#socket;
    if (socket) {
      socket.onopen = null;
      socket.onmessage = null;
      socket.onclose = null;
      if (socket.readyState <= openState) socket.close(1000);
    }
    if (end) this.#events.closed(end);
  }
}
