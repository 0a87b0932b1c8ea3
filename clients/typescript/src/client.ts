import { HubbubApi } from './api.js';
import { clockOf } from './clock.js';
import type { Clock } from './clock.js';
import { Connection } from './connection.js';
import { Credentials } from './credentials.js';
import { Emitter } from './emitter.js';
import { HubbubError } from './errors.js';
import { Http } from './http.js';
import { Outbox } from './outbox.js';
import { OutboxStore } from './outboxStore.js';
import { LiveRoom } from './room.js';
import { memoryStorage } from './storage.js';
import type {
  ClientListeners,
  ConnectionState,
  HubbubOptions,
  NetworkEvents,
  Position,
  PostExtras,
  Posted,
  RoomSubscription,
  TransportName,
  Unsubscribe,
  User,
  WebSocketConstructor,
} from './types.js';
import { textOf } from './wire.js';
import type { ServerFrame } from './wire.js';

/** Rooms that one client follows at a time: what the server reads on one connection. */
export const roomLimit = 128;

const allTransports: readonly TransportName[] = ['websocket', 'sse', 'longpoll'];

/** A client of one Hubbub server: rooms are followed, posts arrive, whatever happens to the network. */
export class Hubbub {
  /** The HTTP API, call by call. */
  readonly api: HubbubApi;
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #store: OutboxStore;
  readonly #emitter = new Emitter<ClientListeners>();
  readonly #rooms = new Map<string, LiveRoom>();
  readonly #outboxes = new Map<string, Outbox>();
  readonly #network: NetworkEvents | undefined;
  readonly #networkIsBack = (): void => this.#connection.networkIsBack();
  #user: User | undefined;
  #connected: Deferred | undefined;

  constructor(options: HubbubOptions = {}) {
    const base = baseOf(options.url);
    const fetcher: typeof fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    const WebSocket = options.WebSocket ?? (globalThis.WebSocket as WebSocketConstructor | undefined);
    const storage = options.storage ?? memoryStorage();
    // Two servers may be used from one page.
    const prefix = `hubbub:${new URL(base).host}:`;
    this.#clock = clockOf(options);
    this.#store = new OutboxStore(storage, prefix);
    this.#network = options.networkEvents ?? globalNetworkEvents();
    const credentials = new Credentials(options.token, {
      base,
      name: options.guestName ?? 'Guest',
      fetch: fetcher,
      clock: this.#clock,
      storage,
      storageKey: `${prefix}guest`,
      made: (user) => this.#identified(user),
    });
    let address = base;
    const http = new Http(() => address, fetcher, this.#clock, credentials);
    this.api = new HubbubApi(http);
    this.#connection = new Connection(
      {
        get base() {
          return address;
        },
        clock: this.#clock,
        http,
        api: this.api,
        WebSocket,
        rooms: () => [...this.#rooms.values()].map((room) => room.start).filter((start) => start !== undefined),
        user: () => this.#user,
      },
      usable(options.transports ?? allTransports, WebSocket),
      credentials,
      {
        state: (state, why) => this.#stateChanged(state, why),
        online: (user) => this.#identified(user),
        frame: (frame) => this.#route(frame),
        error: (error) => this.#emitter.emit('error', error),
        address: (there) => void (address = there ?? base),
      },
    );
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  /** The transport in use; undefined while there is none. */
  get transport(): TransportName | undefined {
    return this.#connection.transport;
  }

  /** Who we are, once the server has said so. */
  get user(): User | undefined {
    return this.#user;
  }

  /** When the next attempt to connect begins, in milliseconds since 1970; undefined while none is planned. */
  get nextAttemptAt(): number | undefined {
    return this.#connection.nextAttemptAt;
  }

  on<E extends keyof ClientListeners>(event: E, listener: ClientListeners[E]): Unsubscribe {
    return this.#emitter.on(event, listener);
  }

  /**
   * Connects, and stays connected until `close`. Resolves when first online; rejects only if the server refuses us for good.
   * Posts that an earlier run left in the storage are sent, those of rooms that are not followed now as well.
   */
  connect(): Promise<void> {
    if (this.state === 'online') return Promise.resolve();
    this.#connected ??= deferred();
    const connected = this.#connected.promise;
    if (this.state === 'idle' || this.state === 'closed') {
      for (const roomId of this.#store.rooms()) this.#outbox(roomId);
      this.#network?.addEventListener('online', this.#networkIsBack);
      this.#connection.start();
    }
    return connected;
  }

  /** Ends the connection. Rooms keep their positions and posts stay in the outbox: `connect` goes on from there. */
  async close(): Promise<void> {
    this.#connection.stop();
  }

  /**
   * Follows a room: everything after a position, or the last few events and then onwards, or (neither) from now. The same room
   * again is the same subscription, until it has ended.
   */
  join(roomId: string, options: { after?: Position; last?: number } = {}): RoomSubscription {
    const known = this.#rooms.get(roomId);
    if (known) return known;
    if (this.#rooms.size >= roomLimit) throw new HubbubError('too_many_rooms', `More than ${roomLimit} rooms at a time.`);
    const room = new LiveRoom(roomId, options, this.#outbox(roomId), {
      api: this.api,
      clock: this.#clock,
      newKey,
      restart: (restarted) => this.#connection.join(restarted.id),
      ended: (ended, byUs) => this.#ended(ended, byUs),
      typing: (id) => this.#typing(id),
      report: (error) => this.#emitter.emit('error', error),
    });
    this.#rooms.set(roomId, room);
    this.#connection.join(roomId);
    return room;
  }

  #outbox(roomId: string): Outbox {
    const known = this.#outboxes.get(roomId);
    if (known) return known;
    const outbox = new Outbox(roomId, {
      clock: this.#clock,
      store: this.#store,
      newKey,
      send: (id, text, key, context) => this.#send(id, text, key, context),
      report: (error) => this.#emitter.emit('error', error),
    });
    this.#outboxes.set(roomId, outbox);
    if (this.#user && this.#maySend) outbox.wake(this.#user.id);
    return outbox;
  }

  async #send(roomId: string, text: string, key: string, context: PostExtras): Promise<Posted> {
    const posted = await this.api.post(roomId, text, key, context);
    if (typeof posted?.id === 'string' && Number.isSafeInteger(posted.sequence)) {
      this.#connection.serverAnswered();
      return posted;
    }
    throw new HubbubError('bad_answer', 'The answer to a post was no acknowledgement.', { retryable: true });
  }

  /** Outboxes do not wait for a live link: where a post goes through, it goes. */
  get #maySend(): boolean {
    return this.state !== 'idle' && this.state !== 'closed';
  }

  #identified(user: User | undefined): void {
    if (user) this.#user = user;
    if (!this.#user || !this.#maySend) return;
    for (const outbox of this.#outboxes.values()) outbox.wake(this.#user.id);
  }

  #stateChanged(state: ConnectionState, why: HubbubError | undefined): void {
    if (state === 'closed') {
      this.#network?.removeEventListener('online', this.#networkIsBack);
      for (const outbox of this.#outboxes.values()) outbox.sleep();
      for (const room of this.#rooms.values()) room.rest();
    }
    if (why) this.#emitter.emit('error', why);
    this.#emitter.emit('state', state);
    const connected = this.#connected;
    if (!connected || (state !== 'online' && state !== 'closed')) return;
    this.#connected = undefined;
    if (state === 'online') connected.resolve();
    else connected.reject(why ?? new HubbubError('closed', 'The client was closed.'));
  }

  #route(frame: ServerFrame): void {
    const roomId = textOf(frame.payload['roomId']);
    if (roomId !== undefined) this.#rooms.get(roomId)?.receive(frame);
    else if (frame.type === 'error') {
      const code = textOf(frame.payload['code']) ?? 'internal';
      this.#emitter.emit('error', new HubbubError(code, textOf(frame.payload['message']) ?? code));
    }
  }

  #ended(room: LiveRoom, byUs: boolean): void {
    if (this.#rooms.get(room.id) !== room) return;
    this.#rooms.delete(room.id);
    if (byUs) this.#connection.leave(room.id);
  }

  /** False if nobody can be told now. A signal lost on its way is no loss. */
  #typing(roomId: string): boolean {
    if (this.state !== 'online') return false;
    if (!this.#connection.typing(roomId)) this.api.typing(roomId).catch(() => undefined);
    return true;
  }
}

interface Deferred {
  promise: Promise<void>;
  resolve(): void;
  reject(error: HubbubError): void;
}

function deferred(): Deferred {
  let resolve!: () => void;
  let reject!: (error: HubbubError) => void;
  const promise = new Promise<void>((settle, refuse) => {
    resolve = settle;
    reject = refuse;
  });
  return { promise, resolve, reject };
}

function baseOf(url: string | undefined): string {
  const given = url ?? globalThis.location?.origin;
  if (!given || !/^https?:\/\//.test(given)) throw new HubbubError('bad_options', 'The url must be an http: or https: address.');
  return given.replace(/\/+$/, '');
}

function usable(transports: readonly TransportName[], WebSocket: WebSocketConstructor | undefined): readonly TransportName[] {
  const left = transports.filter((transport) => transport !== 'websocket' || WebSocket !== undefined);
  if (left.length === 0) throw new HubbubError('bad_options', 'There is no transport to use.');
  return left;
}

function globalNetworkEvents(): NetworkEvents | undefined {
  return typeof globalThis.addEventListener === 'function' ? globalThis : undefined;
}

/** 128 random bits. `randomUUID` is not to be had on pages without TLS, and a server in the house often has none. */
function newKey(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
