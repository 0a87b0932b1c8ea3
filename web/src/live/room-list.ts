import type { HubbubApi, Room } from 'hubbub-client';
import { isUnread, laterMark } from '../model/unread';
import { Pulse } from './pulse';

const PAGE = 100;
/** The list is asked for again this often while somebody looks at the page. */
const REFRESH_MS = 20_000;

/**
 * The rooms on the left, with their unread dots. It is a poll of one request per hundred rooms shown; what is read here is
 * known here at once and does not wait for the next.
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
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly api: Pick<HubbubApi, 'rooms'>) {}

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

  read(roomId: string, position: string): void {
    this.marks.set(roomId, position);
    this.changes.beat();
  }

  isUnread(room: Room): boolean {
    const mine = this.marks.get(room.id) ?? null;
    return isUnread({ ...room, readMark: laterMark(mine, room.readMark) });
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
      this.hasMore = after !== undefined;
      this.loaded = true;
      this.failed = false;
    } catch {
      this.failed = true;
    }
    this.changes.beat();
  }
}
