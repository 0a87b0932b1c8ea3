import { laterMark } from '../model/unread';

/** The read mark is sent at most this often, and once more at the end: within a second one's other devices know. */
const SEND_EVERY_MS = 700;

/**
 * One room's read mark, moving forward. Losing one is harmless (the next one says more), so a failure is not repeated.
 * `onMove` hears of every move at once: the unread dot need not wait for the server.
 */
export class ReadMark {
  private wanted: string | null = null;
  private sent: string | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly send: (position: string) => Promise<void>,
    private readonly onMove: (position: string) => void,
  ) {}

  moveTo(position: string): void {
    const later = laterMark(position, this.wanted);
    if (later === this.wanted) return;
    this.wanted = later;
    this.onMove(position);
    this.timer ??= setTimeout(() => this.flush(), SEND_EVERY_MS);
  }

  /** The log has begun a new life: marks of the old one mean nothing to it. */
  forget(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.wanted = null;
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.wanted === null || this.wanted === this.sent) return;
    this.sent = this.wanted;
    this.send(this.wanted).catch(() => {});
  }
}
