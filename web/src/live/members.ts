import type { HubbubApi, Member, Role } from 'hubbub-client';
import { Pulse } from './pulse';

const PAGE = 200;
/** Of more members than this only so many are listed. */
const LISTED_MAX = 1_000;

/** The members of one room, asked for when somebody looks and again when something about them has happened. */
export class Members {
  readonly changes = new Pulse();
  /** By role, then by name. */
  list: readonly Member[] = [];
  loaded = false;
  failed = false;
  /** Whether there are more than are listed. */
  hasMore = false;
  private asking = 0;

  constructor(
    private readonly api: Pick<HubbubApi, 'members'>,
    private readonly roomId: string,
  ) {}

  async load(): Promise<void> {
    const asking = ++this.asking;
    try {
      const members: Member[] = [];
      let after: string | undefined;
      do {
        const page = await this.api.members(this.roomId, { limit: PAGE, ...(after ? { after } : {}) });
        members.push(...page.members);
        after = page.next ?? undefined;
      } while (after && members.length < LISTED_MAX);
      // What was asked later knows better.
      if (asking !== this.asking) return;
      this.list = members.sort((a, b) => rank(b.role) - rank(a.role) || a.user.name.localeCompare(b.user.name) || (a.user.id < b.user.id ? -1 : 1));
      this.hasMore = after !== undefined;
      this.loaded = true;
      this.failed = false;
    } catch {
      if (asking === this.asking) this.failed = true;
    }
    this.changes.beat();
  }

  of(userId: string): Member | undefined {
    return this.list.find((member) => member.user.id === userId);
  }
}

const RANKS: readonly Role[] = ['reader', 'member', 'moderator', 'owner'];

/** The higher, the more one may do. */
export const rank = (role: Role): number => RANKS.indexOf(role);

/** Whether somebody of this role may act on somebody of that one: on a lower one, and who is no member counts as one. */
export const outranks = (role: Role | null | undefined, other: Role | undefined): boolean =>
  (role === 'owner' || role === 'moderator') && rank(role) > rank(other ?? 'member');
