import type { HubbubApi } from './api.js';
import { Backoff, retrying } from './backoff.js';
import type { Clock, TimerHandle } from './clock.js';
import { Cursor, isAhead } from './cursor.js';
import { Emitter } from './emitter.js';
import { HubbubError } from './errors.js';
import { Healing } from './healing.js';
import type { Outbox, OutboxReader } from './outbox.js';
import { PresenceList } from './presence.js';
import type { RoomStart } from './transports/link.js';
import type {
  Changed,
  Gap,
  HistoryPage,
  HistoryQuery,
  Left,
  PendingPost,
  Position,
  PostExtras,
  Posted,
  Presence,
  RoomListeners,
  RoomSubscription,
  ThreadQuery,
  Unsubscribe,
} from './types.js';
import type { JsonEvent, ServerFrame } from './wire.js';
import { eventOf, knownEvent, numberOf, textOf, userOf } from './wire.js';

const typingEveryMs = 3_000;
/** Edits, deletions and read marks are tried this often; only posts are tried for ever. */
const changeTries = 4;

export interface RoomHost {
  readonly api: HubbubApi;
  readonly clock: Clock;
  newKey(): string;
  /** Starts the room's stream again at its position. */
  restart(room: LiveRoom): void;
  /** The subscription is over; the server is told so where it does not know. */
  ended(room: LiveRoom, byUs: boolean): void;
  /** False if it could not be told now: then it is told at the next keystroke. */
  typing(roomId: string): boolean;
  report(error: HubbubError): void;
}

/** A room as it is followed: takes frames of any transport, hands each event on once and in order, and heals what is missing. */
export class LiveRoom implements RoomSubscription, OutboxReader {
  readonly id: string;
  readonly #host: RoomHost;
  readonly #outbox: Outbox;
  readonly #emitter = new Emitter<RoomListeners>();
  readonly #cursor: Cursor;
  readonly #last: number | undefined;
  readonly #healing: Healing;
  readonly #presence: PresenceList;
  readonly #backoff: Backoff;
  #retryTimer: TimerHandle | undefined;
  #over = false;
  #readMark: Position | undefined;
  #lastTyping = Number.NEGATIVE_INFINITY;

  constructor(id: string, options: { after?: Position; last?: number }, outbox: Outbox, host: RoomHost) {
    this.id = id;
    this.#host = host;
    this.#outbox = outbox;
    this.#cursor = new Cursor(options.after);
    this.#last = options.last;
    this.#backoff = new Backoff(host.clock);
    this.#healing = new Healing({
      clock: host.clock,
      cursor: this.#cursor,
      page: (after, limit) => host.api.page(id, { after, limit }),
      offer: (event) => this.#offer(event),
      gap: (gap) => this.#gap(gap),
      refused: (error) => this.#end({ reason: 'refused', error }, true),
    });
    this.#presence = new PresenceList({
      clock: host.clock,
      fetch: () => this.presence(),
      changed: (presence) => this.#emitter.emit('presence', presence),
    });
    outbox.follow(this);
  }

  get position(): Position | undefined {
    return this.#cursor.position;
  }

  get readMark(): Position | undefined {
    return this.#readMark;
  }

  get outbox(): readonly PendingPost[] {
    return this.#outbox.posts;
  }

  /** How a stream of this room begins now; undefined while it should not be read. */
  get start(): RoomStart | undefined {
    if (this.#over || this.#retryTimer) return undefined;
    const after = this.#cursor.position;
    if (after !== undefined) return { id: this.id, after };
    return this.#last === undefined ? { id: this.id } : { id: this.id, last: this.#last };
  }

  on<E extends keyof RoomListeners>(event: E, listener: RoomListeners[E]): Unsubscribe {
    const unsubscribe = this.#emitter.on(event, listener);
    if (event === 'presence') this.#presence.watch();
    return unsubscribe;
  }

  post(text: string, options: { key?: string } & PostExtras = {}): PendingPost {
    // Readers stop showing us as typing when the message comes; who writes on at once is to be shown again at once.
    this.#lastTyping = Number.NEGATIVE_INFINITY;
    const { key, ...context } = options;
    return this.#outbox.post(text, key, context);
  }

  edit(messageId: string, text: string): Promise<Posted> {
    const key = this.#host.newKey();
    return retrying(this.#host.clock, changeTries, () => this.#host.api.edit(this.id, messageId, text, key));
  }

  remove(messageId: string): Promise<Posted> {
    return retrying(this.#host.clock, changeTries, () => this.#host.api.remove(this.id, messageId));
  }

  typing(): void {
    const now = this.#host.clock.now();
    if (this.#over || now - this.#lastTyping < typingEveryMs) return;
    if (this.#host.typing(this.id)) this.#lastTyping = now;
  }

  presence(): Promise<Presence> {
    return this.#host.api.presence(this.id);
  }

  react(messageId: string, emoji: string): Promise<Changed> {
    return retrying(this.#host.clock, changeTries, () => this.#host.api.react(this.id, messageId, emoji));
  }

  unreact(messageId: string, emoji: string): Promise<Changed> {
    return retrying(this.#host.clock, changeTries, () => this.#host.api.unreact(this.id, messageId, emoji));
  }

  history(query: HistoryQuery): Promise<HistoryPage> {
    return this.#host.api.history(this.id, { ...query });
  }

  thread(messageId: string, query: ThreadQuery = {}): Promise<HistoryPage> {
    return this.#host.api.thread(this.id, messageId, query);
  }

  markRead(position: Position): Promise<void> {
    return retrying(this.#host.clock, changeTries, () => this.#host.api.markRead(this.id, position));
  }

  leave(): void {
    this.#end({ reason: 'left' }, true);
  }

  /** The client is closed: nothing runs on, and a later `connect` reads on from the position. */
  rest(): void {
    this.#healing.stop();
    this.#presence.stop();
    this.#host.clock.cancel(this.#retryTimer);
    this.#retryTimer = undefined;
  }

  receive(frame: ServerFrame): void {
    if (this.#over) return;
    const { type, payload } = frame;
    switch (type) {
      case 'joined':
        this.#joined(payload);
        break;
      case 'gap':
        this.#gap({
          from: textOf(payload['from']) ?? '',
          to: textOf(payload['to']) ?? '',
          reason: textOf(payload['reason']) ?? '',
        });
        break;
      case 'skipped':
        this.#skipped(textOf(payload['from']) ?? '', textOf(payload['to']) ?? '');
        break;
      case 'left':
        this.#leftByServer(textOf(payload['reason']));
        break;
      case 'error':
        this.#refused(payload);
        break;
      case 'presence':
        this.#presence.take(frame);
        break;
      case 'read':
        this.#read(textOf(payload['position']));
        break;
      case 'typing':
        this.#signal(payload);
        break;
      default: {
        const event = eventOf(frame);
        if (event) this.#offer(event);
      }
    }
  }

  // What the outbox asks of its reader.

  changed(posts: readonly PendingPost[]): void {
    this.#emitter.emit('outbox', posts);
  }

  hasPassed(posted: Posted): boolean {
    return this.#cursor.hasPassed(posted.id);
  }

  #joined(payload: Record<string, unknown>): void {
    const position = textOf(payload['position']);
    if (position === undefined) return;
    this.#backoff.reset();
    this.#cursor.startAt(position);
    const name = textOf(payload['name']);
    const visibility = textOf(payload['visibility']);
    const consistency = textOf(payload['consistency']);
    this.#emitter.emit('joined', {
      roomId: this.id,
      position,
      head: numberOf(payload['head']) ?? 0,
      ...(name === undefined ? {} : { name }),
      ...(visibility === undefined ? {} : { visibility }),
      ...(consistency === undefined ? {} : { consistency }),
    });
    this.#presence.begin();
  }

  #offer(event: JsonEvent): void {
    if (this.#over) return;
    const verdict = this.#cursor.take(event);
    if (verdict === 'hole') this.#healing.upTo(event.id);
    if (verdict !== 'next') return;
    this.#outbox.arrived(event);
    const known = knownEvent(event);
    if (known) this.#emitter.emit('event', known);
    this.#outbox.moved();
  }

  #gap(gap: Gap): void {
    if (this.#over || !this.#cursor.concerns(gap.from, gap.to)) return;
    this.#cursor.jumpTo(gap.to);
    this.#emitter.emit('gap', gap);
    this.#outbox.moved();
  }

  /** Nothing is missing: the log is not asked for what was skipped, or the whole audience would ask. */
  #skipped(from: Position, to: Position): void {
    const before = this.#cursor.position;
    const verdict = this.#cursor.skip(from, to);
    if (verdict === 'hole') this.#healing.upTo(to);
    if (typeof verdict !== 'number' || before === undefined) return;
    this.#emitter.emit('skipped', { from: before, to, count: verdict });
    this.#outbox.moved();
  }

  #signal(payload: Record<string, unknown>): void {
    const user = userOf(payload['user']);
    if (user) this.#emitter.emit('signal', { type: 'typing', roomId: this.id, user });
  }

  /** Marks only move forward; two devices that read at once may be told of in either order. */
  #read(position: Position | undefined): void {
    if (position === undefined || (this.#readMark !== undefined && !isAhead(position, this.#readMark))) return;
    this.#readMark = position;
    this.#emitter.emit('readMark', position);
  }

  /** Also with the reason `left`, when the same user has given up the membership elsewhere. */
  #leftByServer(reason: string | undefined): void {
    this.#end({ reason: reason === 'left' || reason === 'removed' || reason === 'kicked' ? reason : 'gone' }, false);
  }

  #refused(payload: Record<string, unknown>): void {
    const retryable = payload['retryable'] === true;
    const error = new HubbubError(textOf(payload['code']) ?? 'internal', textOf(payload['message']) ?? 'The room was refused.', {
      retryable,
    });
    if (!retryable) {
      this.#end({ reason: 'refused', error }, false);
      return;
    }
    if (this.#retryTimer) return;
    // At least a second: this server is there and has just said no.
    this.#retryTimer = this.#host.clock.after(Math.max(1_000, this.#backoff.next()), () => {
      this.#retryTimer = undefined;
      this.#host.restart(this);
    });
    this.#host.report(error);
  }

  #end(left: Left, byUs: boolean): void {
    if (this.#over) return;
    this.rest();
    this.#over = true;
    this.#host.ended(this, byUs);
    this.#emitter.emit('left', left);
    this.#outbox.unfollow(this);
  }
}
