import type { HubbubApi } from 'hubbub-client';

/** So many pictures that nobody looks at just now are kept. */
const KEPT = 40;

interface Held {
  url: Promise<string>;
  users: number;
}

/** Pictures of messages as addresses of this page alone: fetched with the token, as any reading, and inert. Each is fetched once while it is shown anywhere. */
export class Pictures {
  /** In the order in which they were last let go. */
  private readonly held = new Map<string, Held>();

  constructor(private readonly api: Pick<HubbubApi, 'downloadFile'>) {}

  /** Give it back with `release`. */
  take(roomId: string, fileId: string): Promise<string> {
    const key = `${roomId}/${fileId}`;
    let held = this.held.get(key);
    if (!held) {
      held = { url: this.api.downloadFile(roomId, fileId).then((blob) => URL.createObjectURL(blob)), users: 0 };
      this.held.set(key, held);
      // What did not come is asked for anew by whoever wants it next.
      held.url.catch(() => this.held.delete(key));
    }
    held.users++;
    return held.url;
  }

  release(roomId: string, fileId: string): void {
    const key = `${roomId}/${fileId}`;
    const held = this.held.get(key);
    if (!held) return;
    held.users--;
    this.held.delete(key);
    this.held.set(key, held);
    const idle = [...this.held].filter(([, other]) => other.users === 0);
    for (const [other, { url }] of idle.slice(0, Math.max(0, idle.length - KEPT))) {
      this.held.delete(other);
      void url.then((address) => URL.revokeObjectURL(address), () => {});
    }
  }
}
