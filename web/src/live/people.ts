import type { HubbubApi, Profile } from 'hubbub-client';
import { Pulse } from './pulse';

/** As long as this a profile is taken as it was; whoever still looks asks anew. */
const FRESH_MS = 60_000;
/** Those who come into sight within this time are asked about together. */
const GATHER_MS = 50;
/** A request line has at most 16 KiB, and an escaped id up to 384 characters. */
const AT_ONCE = 40;
const KEPT_MAX = 2_000;

interface Known {
  profile: Profile | undefined;
  /** When it was asked for; so often nothing comes of it, and asking again at once would not help. */
  askedAt: number;
}

/**
 * What others show of themselves, and whom this person has blocked. Whoever is drawn is asked about, in batches; `changes` beats when
 * something has come. It ends with `stop`.
 */
export class People {
  readonly changes = new Pulse();
  private readonly known = new Map<string, Known>();
  private readonly wanted = new Set<string>();
  private blocked: ReadonlySet<string> = new Set();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: Pick<HubbubApi, 'profiles' | 'blocks' | 'block' | 'unblock'>,
    private readonly now: () => number = Date.now,
  ) {}

  /** Without the list nobody is hidden; it is asked for again at the next start. */
  start(): Promise<void> {
    return this.api.blocks().then(
      (blocks) => this.setBlocked(new Set(blocks.map(({ user }) => user))),
      () => {},
    );
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.changes.stop();
  }

  /** What is known of somebody now. To draw them is to ask. */
  of(userId: string): Profile | undefined {
    const held = this.known.get(userId);
    if (!held || this.now() - held.askedAt > FRESH_MS) this.want(userId);
    return held?.profile;
  }

  /** Asks about somebody now, whatever is known. */
  refresh(userId: string): void {
    this.want(userId);
  }

  /** What the server has just said of somebody. */
  take(profile: Profile): void {
    this.keep(profile.id, profile);
    this.changes.beatNow();
  }

  isBlocked(userId: string): boolean {
    return this.blocked.has(userId);
  }

  async block(userId: string, isBlocked: boolean): Promise<void> {
    await (isBlocked ? this.api.block(userId) : this.api.unblock(userId));
    const blocked = new Set(this.blocked);
    if (isBlocked) blocked.add(userId);
    else blocked.delete(userId);
    this.setBlocked(blocked);
  }

  private setBlocked(blocked: ReadonlySet<string>): void {
    this.blocked = blocked;
    this.changes.beatNow();
  }

  private want(userId: string): void {
    this.wanted.add(userId);
    this.timer ??= setTimeout(() => void this.ask(), GATHER_MS);
  }

  private async ask(): Promise<void> {
    const asked = [...this.wanted].slice(0, AT_ONCE);
    for (const id of asked) {
      this.wanted.delete(id);
      this.keep(id, this.known.get(id)?.profile);
    }
    try {
      for (const profile of await this.api.profiles(asked)) this.keep(profile.id, profile);
      this.changes.beat();
    } catch {
      // Initials do until it is asked again.
    }
    // Stopped meanwhile.
    if (this.timer === undefined) return;
    this.timer = this.wanted.size > 0 ? setTimeout(() => void this.ask(), 0) : undefined;
  }

  private keep(id: string, profile: Profile | undefined): void {
    // Put in anew, so that the first of the map is who was asked about longest ago.
    this.known.delete(id);
    this.known.set(id, { profile, askedAt: this.now() });
    if (this.known.size > KEPT_MAX) this.known.delete(this.known.keys().next().value!);
  }
}
