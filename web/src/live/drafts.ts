const PREFIX = 'hubbub.draft:';
/** A change is kept within this time at the latest: well within the half second after which a crash may not cost anything. */
const KEEP_WITHIN_MS = 300;

/** What has been begun to be written in each room, over a reload. Where the browser keeps nothing it lasts as long as the page. */
export class Drafts {
  private readonly texts = new Map<string, string>();
  private readonly changed = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly storage: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = () => localStorage) {}

  get(roomId: string): string {
    const known = this.texts.get(roomId);
    if (known !== undefined) return known;
    let kept = '';
    try {
      kept = this.storage().getItem(PREFIX + roomId) ?? '';
    } catch {
      // Nothing was kept.
    }
    this.texts.set(roomId, kept);
    return kept;
  }

  set(roomId: string, text: string): void {
    this.texts.set(roomId, text);
    this.changed.add(roomId);
    this.timer ??= setTimeout(() => this.flush(), KEEP_WITHIN_MS);
  }

  /** Keeps what has changed since the last time. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const roomId of this.changed) {
      const text = this.texts.get(roomId) ?? '';
      try {
        if (text.trim()) this.storage().setItem(PREFIX + roomId, text);
        else this.storage().removeItem(PREFIX + roomId);
      } catch {
        // It lasts as long as the page.
      }
    }
    this.changed.clear();
  }
}
