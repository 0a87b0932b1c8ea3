import type { TimerHandle } from '../clock.js';
import { HubbubError } from '../errors.js';
import type { TransportName, User } from '../types.js';
import type { JsonEvent, ServerFrame } from '../wire.js';
import { frameOf, textOf } from '../wire.js';
import type { Link, LinkEnd, LinkEvents, LinkHost, RoomStart } from './link.js';

/**
 * The longest list of rooms in one request. Servers and proxies take lines of some 8 000 characters; 128 rooms of the longest
 * names need 10 900, which makes two requests side by side.
 */
const longestList = 6_000;
/** Twenty rooms joined in a row shall make one new request, not twenty. */
const restartAfterMs = 10;

/**
 * What the two ways of reading over HTTP share: one request reads all rooms (or as many as its line can name), so a room that
 * comes or goes restarts it, and positions make that free of loss.
 */
export abstract class OverHttpLink implements Link {
  abstract readonly transport: TransportName;
  token: string;
  protected readonly host: LinkHost;
  readonly #events: LinkEvents;
  #run = new AbortController();
  #restartTimer: TimerHandle | undefined;
  #opened = false;
  #over = false;
  /** Rooms whose start has been told, so that a restart for the sake of another room does not tell it again. */
  readonly #told = new Set<string>();

  constructor(host: LinkHost, token: string, events: LinkEvents) {
    this.host = host;
    this.token = token;
    this.#events = events;
  }

  /** Reads some of the rooms until the signal aborts, none of them is wanted any more, or it throws. */
  protected abstract read(roomIds: readonly string[], signal: AbortSignal, emit: (frame: ServerFrame) => void): Promise<void>;

  open(): void {
    void this.#start(this.#run.signal);
  }

  join(roomId: string): void {
    this.#told.delete(roomId);
    this.#restartSoon();
  }

  leave(): void {
    this.#restartSoon();
  }

  typing(): boolean {
    return false;
  }

  /** The request carries the token, so a new token takes a new request. */
  authenticate(token: string): void {
    this.token = token;
    this.#restartSoon();
  }

  check(): void {
    this.#restartSoon();
  }

  close(): void {
    this.finish(undefined);
  }

  /** `a@E:S,b`: these rooms at their positions of this moment, as the `rooms` parameter; empty when none is wanted any more. */
  protected list(roomIds: readonly string[]): string {
    return readable(this.host.rooms())
      .filter((room) => roomIds.includes(room.id))
      .map(entryOf)
      .join(',');
  }

  /** Whether the room's start is known to all. */
  protected hasTold(roomId: string): boolean {
    return this.#told.has(roomId);
  }

  /** `undefined`: closed by ourselves, which nobody needs to be told. */
  protected finish(end: LinkEnd | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#run.abort();
    this.host.clock.cancel(this.#restartTimer);
    if (end) this.#events.closed(end);
  }

  #restartSoon(): void {
    if (this.#over || this.#restartTimer) return;
    this.#restartTimer = this.host.clock.after(restartAfterMs, () => {
      this.#restartTimer = undefined;
      this.#run.abort();
      this.#run = new AbortController();
      void this.#start(this.#run.signal);
    });
  }

  async #start(signal: AbortSignal): Promise<void> {
    try {
      const user = await whoAmI(this.host, signal);
      const emit = (frame: ServerFrame): void => {
        if (signal.aborted) return;
        this.#openAs(user);
        this.#frame(frame);
      };
      await readLast(this.host, this.host.rooms(), emit, signal);
      if (signal.aborted) return;
      const rooms = readable(this.host.rooms());
      if (rooms.length === 0) this.#openAs(user);
      await Promise.all(divided(rooms).map((roomIds) => this.read(roomIds, signal, emit)));
    } catch (thrown) {
      if (!signal.aborted) this.finish(endOf(thrown));
    }
  }

  #openAs(user: User): void {
    if (this.#opened || this.#over) return;
    this.#opened = true;
    this.#events.opened(user);
  }

  #frame(frame: ServerFrame): void {
    if (frame.type === 'token_expiring') return this.#events.tokenExpiring();
    if (frame.type === 'reconnect') return this.#events.shallMove(textOf(frame.payload['url']));
    const roomId = textOf(frame.payload['roomId']) ?? '';
    if (frame.type === 'joined') {
      if (this.#told.has(roomId)) return;
      this.#told.add(roomId);
    } else if (frame.type === 'error') {
      this.#told.delete(roomId);
    }
    this.#events.frame(frame);
  }
}

/**
 * Without the rooms whose last events must be read first: they came in this moment, and the restart that follows them reads
 * them.
 */
function readable(rooms: RoomStart[]): RoomStart[] {
  return rooms.filter((room) => room.after !== undefined || room.last === undefined);
}

/** Ids and positions consist of characters that a query may hold as they are; escaping them would treble the line. */
function entryOf(room: RoomStart): string {
  return room.after === undefined ? room.id : `${room.id}@${room.after}`;
}

/** The rooms' ids in groups, each short enough for one request, also when its positions have grown by ten digits. */
function divided(rooms: RoomStart[]): string[][] {
  const groups: string[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const room of rooms) {
    // '@', 8 of the epoch, ':', up to 15 of the sequence, and ','.
    const entry = room.id.length + 26;
    if (length + entry > longestList) {
      groups.push([]);
      length = 0;
    }
    groups.at(-1)!.push(room.id);
    length += entry;
  }
  return groups;
}

export function joinedFrame(roomId: string, events: JsonEvent[], position: string, head: number): ServerFrame {
  const first = events[0];
  // The answer's position is where it ends; the stream started just before its first event.
  const start = first ? `${first.id.slice(0, first.id.indexOf(':'))}:${first.sequence - 1}` : position;
  return { type: 'joined', payload: { roomId, position: start, head } };
}

export function errorFrame(roomId: string, error: { code: string; message: string; retryable?: boolean }): ServerFrame {
  return { type: 'error', payload: { roomId, code: error.code, message: error.message, retryable: error.retryable ?? false } };
}

/** A socket says `welcome`; over HTTP we ask who we are, once. */
async function whoAmI(host: LinkHost, signal: AbortSignal): Promise<User> {
  const known = host.user();
  if (known) return known;
  const { user } = await host.http.json<{ user: User }>('GET', '/api/me', undefined, { signal });
  return user;
}

/**
 * A request for many rooms cannot begin with the last few events of one, so these are read as a page first. Afterwards the room's
 * host knows its position, and the request goes on after it.
 */
async function readLast(
  host: LinkHost,
  rooms: RoomStart[],
  emit: (frame: ServerFrame) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const room of rooms) {
    if (room.after !== undefined || room.last === undefined) continue;
    try {
      const page = await host.api.page(room.id, { last: room.last, limit: Math.max(1, room.last) });
      emit(joinedFrame(room.id, page.events, page.position, page.head));
      for (const event of page.events) emit(frameOf(event));
    } catch (thrown) {
      const error = HubbubError.from(thrown);
      // What is this room's own fault must not keep the others from being read.
      if (error.retryable || error.status === undefined || error.status === 401) throw error;
      emit(errorFrame(room.id, error));
    }
    if (signal.aborted) return;
  }
}

function endOf(thrown: unknown): LinkEnd {
  const error = HubbubError.from(thrown);
  return { error, ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }) };
}
