import { Pulse } from './pulse';

export type NotifyLevel = 'all' | 'mentions' | 'none';

const KEPT = 'hubbub.notify';

/** Of what each room may tell: of every message unless chosen otherwise; `none` is mute. Kept in this browser. */
export class NotifyLevels {
  readonly changes = new Pulse();
  private levels: Record<string, NotifyLevel>;

  constructor(private readonly storage: () => Pick<Storage, 'getItem' | 'setItem'> = () => localStorage) {
    this.levels = {};
    try {
      const kept: unknown = JSON.parse(this.storage().getItem(KEPT) ?? '{}');
      if (typeof kept === 'object' && kept !== null) this.levels = { ...kept };
    } catch {
      // As if nothing had been chosen.
    }
  }

  of(roomId: string): NotifyLevel {
    const level = Object.hasOwn(this.levels, roomId) ? this.levels[roomId] : undefined;
    return level === 'mentions' || level === 'none' ? level : 'all';
  }

  choose(roomId: string, level: NotifyLevel): void {
    const { [roomId]: _, ...others } = this.levels;
    this.levels = level === 'all' ? others : { ...others, [roomId]: level };
    try {
      this.storage().setItem(KEPT, JSON.stringify(this.levels));
    } catch {
      // It lasts as long as the page.
    }
    this.changes.beat();
  }

  allows(roomId: string, isMention: boolean): boolean {
    const level = this.of(roomId);
    return level === 'all' || (level === 'mentions' && isMention);
  }
}
