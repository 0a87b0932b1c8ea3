import type { HubbubApi, Room, RoomEvent } from 'hubbub-client';
import { isUnread, laterMark, sequenceOf } from '../model/unread';
import { Pulse } from './pulse';

const PAGE = 100;
/** The list is asked for again this often while somebody looks at the page. */
const REFRESH_MS = 20_000;
/** Of one room no more is counted than this; the server counts no further either. */
const COUNT_MAX = 1_000;

/** What waits in a room. `unread` may be 0 where it is only known that there is something. */
export interface Waiting {
  isUnread: boolean;
  unread: number;
  mentions: number;
}

const NOTHING: Waiting = { isUnread: false, unread: 0, mentions: 0 };

/**
 * The rooms on the left, with what waits in them. It is a poll of one request per hundred rooms shown; what is heard and read here
 * is known here at once and does not wait for the next.
 */
export class RoomList {
  readonly changes = new Pulse();
  rooms: Room[] = [];
  /** Whether an answer has come, and whether the last question failed. */
  loaded = false;
  failed = false;
  hasMore = false;

  private pages = 1;
  private refreshing: Promise<void> | undefined;
  private again = false;
  private readonly marks = new Map<string, string>();
  /** Others' messages that came since the list was asked for. */
  private readonly heard = new Map<string, { sequence: number; isMention: boolean; isInThread: boolean }[]>();
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly api: Pick<HubbubApi, 'rooms' | 'room'>) {}

  start(): void {
    void this.refresh();
    this.timer ??= setInterval(() => {
      if (document.visibilityState === 'visible') void this.refresh();
    }, REFRESH_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.changes.stop();
  }

  /** Asks anew. Asked for while it is under way, it runs once more afterwards, so that the caller's change is in it. */
  refresh(): Promise<void> {
    this.again = this.refreshing !== undefined;
    this.refreshing ??= this.fetchAll().finally(() => {
      this.refreshing = undefined;
      if (this.again) void this.refresh();
    });
    return this.refreshing;
  }

  showMore(): Promise<void> {
    this.pages++;
    return this.refresh();
  }

  /** A room that was just made or entered is listed without waiting for the server's list. */
  add(room: Room): void {
    const others = this.rooms.filter((other) => other.id !== room.id);
    this.rooms = [...others, room].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.changes.beat();
  }

  find(roomId: string): Room | undefined {
    return this.rooms.find((room) => room.id === roomId);
  }

  /** What the server says of a room; undefined if there is none yet. It waits for the list, which is on its way when the page opens. */
  async known(roomId: string): Promise<Room | undefined> {
    if (!this.loaded) await this.refresh();
    const listed = this.find(roomId);
    // What is not on the list is either further down or not there; asking for what is not there would be an error.
    return listed ?? (this.hasMore ? this.api.room(roomId).catch(() => undefined) : undefined);
  }

  /** Read up to this position, here or at another of one's devices. */
  read(roomId: string, position: string): void {
    this.marks.set(roomId, laterMark(position, this.marks.get(roomId) ?? null) ?? position);
    this.changes.beat();
  }

  /** An event of a room has come live. */
  hear(event: RoomEvent, me: string | undefined): void {
    const room = this.find(event.roomId);
    if (!room) return;
    if (event.sequence > room.head) Object.assign(room, { head: event.sequence, position: event.id });
    if (event.type === 'message' && event.sender.id !== me) {
      const heard = this.heard.get(room.id) ?? [];
      if (heard.length < COUNT_MAX && (heard.at(-1)?.sequence ?? 0) < event.sequence) {
        heard.push({ sequence: event.sequence, isMention: isMention(event, me), isInThread: event.thread !== undefined });
      }
      this.heard.set(room.id, heard);
    }
    this.changes.beat();
  }

  waiting(room: Room): Waiting {
    const mark = this.markOf(room);
    if (!isUnread({ ...room, readMark: mark })) return NOTHING;
    const read = mark ? sequenceOf(mark) : 0;
    const since = (this.heard.get(room.id) ?? []).filter(({ sequence }) => sequence > read);
    const unread = Math.min(COUNT_MAX, (room.unread ?? 0) + since.filter((message) => !message.isInThread).length);
    const mentions = (room.mentions ?? 0) + since.filter((message) => message.isMention).length;
    // Where the server counts, what lies behind the mark and is no message of others' does not wait.
    return { isUnread: unread > 0 || room.unread === undefined, unread, mentions };
  }

  isUnread(room: Room): boolean {
    return this.waiting(room).isUnread;
  }

  /** How far this person has read, by what is known here and at the server. */
  markOf(room: Room): string | null {
    return laterMark(this.marks.get(room.id) ?? null, room.readMark);
  }

  private async fetchAll(): Promise<void> {
    try {
      const rooms: Room[] = [];
      let after: string | undefined;
      for (let page = 0; page < this.pages && (page === 0 || after); page++) {
        const answer = await this.api.rooms({ limit: PAGE, ...(after ? { after } : {}) });
        rooms.push(...answer.rooms);
        after = answer.next ?? undefined;
      }
      this.rooms = rooms;
      for (const room of rooms) this.countFrom(room);
      this.hasMore = after !== undefined;
      this.loaded = true;
      this.failed = false;
    } catch {
      this.failed = true;
    }
    this.changes.beat();
  }

  /** What the server has counted is not counted again. */
  private countFrom(room: Room): void {
    const upTo = sequenceOf(room.position);
    const later = (this.heard.get(room.id) ?? []).filter(({ sequence }) => sequence > upTo);
    if (later.length) this.heard.set(room.id, later);
    else this.heard.delete(room.id);
  }
}

/** Whether a message speaks to this person: by name, or to the whole room. */
export const isMention = (event: RoomEvent, me: string | undefined): boolean =>
  event.type === 'message' && (event.mentions ?? []).some((mentioned) => mentioned === me || mentioned === '@room');
