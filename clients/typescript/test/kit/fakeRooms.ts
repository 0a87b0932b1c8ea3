import type { Role, User, Visibility } from '../../src/types.js';
import type { JsonEvent, RoomGap } from '../../src/wire.js';
import { parsePosition } from '../../src/cursor.js';

/** A refusal as the protocol's § 8 lists it. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code);
  }
}

/** Rings for every event, and carries signals. */
export type Bell = (signal?: { type: string; payload: Record<string, unknown> }) => void;

export interface Start {
  after?: string;
  last?: number;
}

/** A room of the fake server: a log in memory, its members, and a bell for those who wait. */
export class FakeRoom {
  readonly events: JsonEvent[] = [];
  readonly members = new Map<string, { user: User; role: Role; since: string }>();
  readonly marks = new Map<string, string>();
  readonly invitations = new Map<string, { token: string; createdBy: User; revoked: boolean }>();
  readonly createdAt = new Date().toISOString();
  readonly #keys = new Map<string, JsonEvent>();
  readonly #removed = new Set<string>();
  readonly #bells = new Set<Bell>();

  constructor(
    readonly id: string,
    public name: string,
    readonly visibility: Visibility,
    public epoch: string,
  ) {}

  get head(): number {
    return this.events.length;
  }

  at(sequence: number): string {
    return `${this.epoch}:${sequence}`;
  }

  append(type: string, sender: User, own: Record<string, unknown>): JsonEvent {
    const sequence = this.head + 1;
    const common = { roomId: this.id, sequence, id: this.at(sequence), sender, sentAt: new Date().toISOString() };
    const event = { type, ...common, ...own };
    this.events.push(event);
    this.ring();
    return event;
  }

  /** The same sender and key is stored once. */
  appendOnce(
    key: string | undefined,
    type: string,
    sender: User,
    own: Record<string, unknown>,
  ): { event: JsonEvent; repeated: boolean } {
    const known = key === undefined ? undefined : this.#keys.get(`${sender.id} ${key}`);
    if (known) {
      if (known['message'] !== own['message']) throw new Refusal(409, 'key_reused');
      return { event: known, repeated: true };
    }
    const event = this.append(type, sender, own);
    if (key !== undefined) this.#keys.set(`${sender.id} ${key}`, event);
    return { event, repeated: false };
  }

  mayRead(user: User): boolean {
    return this.members.has(user.id) || (this.visibility === 'public' && !this.#removed.has(user.id));
  }

  check(user: User): void {
    if (!this.mayRead(user)) throw new Refusal(404, 'not_found');
  }

  checkOwner(user: User): void {
    this.check(user);
    if (this.members.get(user.id)?.role !== 'owner') throw new Refusal(403, 'forbidden');
  }

  enter(user: User, role: Role): { user: User; role: Role; since: string } {
    const known = this.members.get(user.id);
    if (known) return known;
    const member = { user, role, since: new Date().toISOString() };
    this.members.set(user.id, member);
    this.append('member_joined', user, { user, role });
    return member;
  }

  remove(userId: string, by: User): void {
    const member = this.members.get(userId);
    if (!member) throw new Refusal(404, 'not_found');
    const reason = by.id === userId ? 'left' : 'removed';
    this.members.delete(userId);
    if (reason === 'removed') this.#removed.add(userId);
    this.append('member_left', by, { user: member.user, reason });
    this.ring({ type: 'left', payload: { roomId: this.id, reason, userId } });
  }

  /** Where a reading begins; a gap where the position is not of this log. */
  begin(start: Start): { sequence: number; gap?: RoomGap } {
    if (start.last !== undefined) return { sequence: Math.max(0, this.head - start.last) };
    if (start.after === undefined) return { sequence: this.head };
    const place = parsePosition(start.after);
    if (!place) throw new Refusal(400, 'bad_position');
    const lost = (place.epoch !== undefined && place.epoch !== this.epoch) || place.sequence > this.head;
    if (!lost) return { sequence: place.sequence };
    return { sequence: this.head, gap: { from: start.after, to: this.at(this.head), reason: 'lost_past' } };
  }

  listen(bell: Bell): () => void {
    this.#bells.add(bell);
    return () => this.#bells.delete(bell);
  }

  ring(signal?: { type: string; payload: Record<string, unknown> }): void {
    for (const bell of [...this.#bells]) bell(signal);
  }

  describe(user: User): Record<string, unknown> {
    return {
      id: this.id,
      name: this.name,
      visibility: this.visibility,
      consistency: 'strong',
      position: this.at(this.head),
      head: this.head,
      role: this.members.get(user.id)?.role ?? null,
      readMark: this.marks.get(user.id) ?? null,
      createdAt: this.createdAt,
    };
  }
}

/**
 * One reader of one room: sends what comes after its place whenever the bell rings, and stops when the reader may not read any
 * more.
 */
export function follow(
  room: FakeRoom,
  user: User,
  start: Start,
  send: (type: string, payload: Record<string, unknown>) => void,
): () => void {
  room.check(user);
  const begun = room.begin(start);
  let place = begun.sequence;
  send('joined', { roomId: room.id, name: room.name, visibility: room.visibility, consistency: 'strong', position: room.at(place), head: room.head });
  if (begun.gap) send('gap', { roomId: room.id, ...begun.gap });
  const stop = room.listen((signal) => {
    if (signal?.type === 'left') {
      const { userId, ...payload } = signal.payload;
      if (userId !== user.id) return;
      stop();
      send('left', payload);
      return;
    }
    if (!room.mayRead(user)) return;
    pump();
    // How far somebody has read concerns their own connections alone.
    if (signal?.type === 'read' && (signal.payload['user'] as User).id !== user.id) return;
    if (signal) send(signal.type, signal.payload);
  });
  function pump(): void {
    for (const event of room.events.slice(place)) {
      place = event.sequence;
      const { type, ...payload } = event;
      send(type, payload);
    }
  }
  pump();
  return stop;
}
