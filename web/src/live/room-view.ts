import type { Gap, HistoryPage, HubbubError, Joined, Left, PendingPost, Presence, RoomEvent, RoomSubscription, Skipped, User } from 'hubbub-client';
import { Conversation, type Skip } from '../model/conversation';
import { Typing } from '../model/typing';
import { epochOf, sequenceOf } from '../model/unread';
import { Pulse } from './pulse';
import { ReadMark } from './read-mark';

/** How much of a room is asked for at first, and per page of history. Events, not messages. */
export const FIRST_PAGE = 50;
export const HISTORY_PAGE = 100;

/**
 * The most events of a room kept in the page. History stops there and says so; live events push out the oldest, this many at
 * a time, and those can be read again as history.
 */
export const HELD_MAX = 40_000;
const FORGET_AT_ONCE = 1_000;

/** A fresh page after a gap is asked for again after this long, as often as it takes. */
const RETRY_MS = 2_000;

/**
 * The head at the moment of opening may be an event of a kind unknown here, which is never handed on: then what has come after
 * this time is shown.
 */
const HEAD_WAIT_MS = 3_000;

/** What history can be doing. `start`: the room's first event is held; `full`: HELD_MAX is reached. */
export type HistoryState = 'more' | 'loading' | 'failed' | 'start' | 'full';

/**
 * One open room: its subscription folded into a conversation, with history, typing and the read mark. Nothing here draws;
 * `changes` beats whenever something to be drawn has changed. It ends with `close`.
 */
export class RoomView {
  readonly changes = new Pulse();
  readonly typing = new Typing();
  conversation = new Conversation();
  /** Sequences at which a page of history was joined on. */
  seams = new Set<number>();
  /** Whether the events up to the head of the moment of opening are all here. */
  loaded = false;
  history: HistoryState = 'more';
  ended: Left | undefined;
  /** Who is here, once that is known. */
  presence: Presence | undefined;

  private readonly unsubscribes: (() => void)[];
  private readonly readMark: ReadMark;
  /** Grows with every gap: an answer to a question asked before one belongs to another story. */
  private life = 0;
  private begun = false;
  private awaitedHead: number | undefined;
  private headTimer: ReturnType<typeof setTimeout> | undefined;
  private typingTimer: ReturnType<typeof setTimeout> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly subscription: RoomSubscription,
    private readonly me: () => User | undefined,
    onRead: (position: string) => void = () => {},
  ) {
    this.readMark = new ReadMark((position) => subscription.markRead(position), onRead);
    this.unsubscribes = [
      subscription.on('joined', (joined) => this.joined(joined)),
      subscription.on('event', (event) => this.event(event)),
      subscription.on('gap', (gap) => this.gap(gap)),
      subscription.on('skipped', (skipped) => this.skipped(skipped)),
      subscription.on('signal', (signal) => this.heardTyping(signal.user)),
      subscription.on('presence', (presence) => this.heardPresence(presence)),
      subscription.on('outbox', () => this.changes.beat()),
      subscription.on('left', (left) => this.left(left)),
    ];
  }

  get id(): string {
    return this.subscription.id;
  }

  get outbox(): readonly PendingPost[] {
    return this.subscription.outbox;
  }

  /** Puts a page of what came before in front. Safe to call at any time: it asks at most one question at once. */
  async loadEarlier(): Promise<void> {
    const epoch = epochOf(this.subscription.position ?? '');
    if (!this.loaded || !epoch || (this.history !== 'more' && this.history !== 'failed')) return;
    const { life, conversation } = this;
    const before = conversation.first || sequenceOf(this.subscription.position!) + 1;
    this.setHistory('loading');
    try {
      const page = await this.subscription.history({ before: `${epoch}:${before}`, limit: HISTORY_PAGE });
      if (life === this.life) this.foldHistory(page, before, HISTORY_PAGE);
    } catch {
      if (life === this.life) this.setHistory('failed');
    }
  }

  /** Reads the newest of what a relaxed room has skipped, a page of it. False if it did not come. */
  async loadSkipped(skip: Skip): Promise<boolean> {
    const { life, conversation } = this;
    const epoch = epochOf(this.subscription.position ?? '');
    const limit = Math.min(skip.upTo - skip.after, HISTORY_PAGE);
    try {
      const page = await this.subscription.history({ before: `${epoch}:${skip.upTo + 1}`, limit });
      if (life !== this.life) return true;
      conversation.fold(page.events);
      conversation.fillSkip(skip, skip.upTo - limit);
      this.changes.beat();
      return true;
    } catch {
      return false;
    }
  }

  post(text: string): PendingPost {
    return this.subscription.post(text);
  }

  edit(messageId: string, text: string): Promise<unknown> {
    return this.subscription.edit(messageId, text);
  }

  remove(messageId: string): Promise<unknown> {
    return this.subscription.remove(messageId);
  }

  typed(): void {
    this.subscription.typing();
  }

  /** Everything that has come so far was on the screen, in front of somebody. */
  seen(): void {
    const { position } = this.subscription;
    if (position !== undefined && this.loaded && !this.ended) this.readMark.moveTo(position);
  }

  close(): void {
    this.life++;
    clearTimeout(this.typingTimer);
    clearTimeout(this.retryTimer);
    clearTimeout(this.headTimer);
    this.readMark.flush();
    this.changes.stop();
    for (const unsubscribe of this.unsubscribes) unsubscribe();
    this.subscription.leave();
  }

  private joined({ position, head }: Joined): void {
    // A resumed stream continues what is held; only the first start says where that begins.
    if (this.begun) return;
    this.begun = true;
    const start = sequenceOf(position);
    this.conversation.reach(start + 1);
    if (start === 0) this.history = 'start';
    this.awaitedHead = head;
    if (start >= head) this.loaded = true;
    else this.headTimer = setTimeout(() => this.headReached(), HEAD_WAIT_MS);
    this.changes.beat();
  }

  private event(event: RoomEvent): void {
    this.conversation.fold([event]);
    if (event.type === 'message') this.typing.posted(event.sender.id);
    if (!this.loaded && this.awaitedHead !== undefined && event.sequence >= this.awaitedHead) this.headReached();
    if (this.conversation.span > HELD_MAX) this.forgetOldest();
    this.changes.beat();
  }

  private skipped({ to, count }: Skipped): void {
    const skip = { after: sequenceOf(to) - count, upTo: sequenceOf(to), at: Date.now() };
    const awaitsOwn = this.outbox.some((post) => post.state === 'sending' || post.state === 'sent');
    this.conversation.skip(skip);
    if (!this.loaded && this.awaitedHead !== undefined && skip.upTo >= this.awaitedHead) this.headReached();
    if (this.conversation.span > HELD_MAX) this.forgetOldest();
    this.changes.beat();

    // One's own message may be among them, and whoever has written wants to see it stand there.
    if (awaitsOwn) void this.loadSkipped(skip);
  }

  private headReached(): void {
    clearTimeout(this.headTimer);
    this.loaded = true;
    this.changes.beat();
  }

  private forgetOldest(): void {
    this.conversation.forgetBefore(this.conversation.first + FORGET_AT_ONCE);
    if (this.history === 'start' || this.history === 'full') this.history = 'more';
  }

  private gap({ to }: Gap): void {
    this.life++;
    this.begun = true;
    clearTimeout(this.headTimer);
    this.awaitedHead = undefined;
    this.conversation = new Conversation();
    this.seams = new Set();
    this.loaded = false;
    this.history = 'loading';
    this.changes.beat();
    void this.loadFresh(to);
  }

  /** After a gap the stream goes on behind `to`; the page that ends there is asked for. */
  private async loadFresh(to: string): Promise<void> {
    const { life } = this;
    const before = sequenceOf(to) + 1;
    try {
      const page = await this.subscription.history({ before: `${epochOf(to)}:${before}`, limit: FIRST_PAGE });
      if (life !== this.life) return;
      this.loaded = true;
      this.foldHistory(page, before, FIRST_PAGE);
      this.seams.clear();
    } catch {
      if (life === this.life) this.retryTimer = setTimeout(() => void this.loadFresh(to), RETRY_MS);
    }
  }

  private foldHistory(page: HistoryPage, before: number, asked: number): void {
    const joint = this.conversation.items[0]?.sequence;
    this.conversation.fold(page.events);
    // Types of events that we do not know are left out of a page; if it is all of them, its length still says how far it went.
    if (page.events.length === 0) this.conversation.reach(Math.max(1, before - asked));
    if (joint !== undefined) this.seams.add(joint);
    const { first, span } = this.conversation;
    this.setHistory(first <= 1 ? 'start' : span >= HELD_MAX ? 'full' : 'more');
  }

  private setHistory(state: HistoryState): void {
    this.history = state;
    this.changes.beat();
  }

  private heardTyping(user: User): void {
    if (user.id === this.me()?.id) return;
    this.typing.heard(user, Date.now());
    this.changes.beat();
    this.awaitTypingEnd();
  }

  private heardPresence(presence: Presence): void {
    this.presence = presence;
    this.changes.beat();
  }

  private awaitTypingEnd(): void {
    clearTimeout(this.typingTimer);
    const end = this.typing.nextExpiry();
    if (end === undefined) return;
    this.typingTimer = setTimeout(() => {
      this.changes.beat();
      this.typing.names(Date.now());
      this.awaitTypingEnd();
    }, Math.max(0, end - Date.now()));
  }

  private left(left: Left): void {
    this.ended = left;
    this.typing.clear();
    this.presence = undefined;
    this.changes.beat();
  }
}

/** Why a room cannot be shown (any more), for a person. */
export function endedSentence({ reason, error }: { reason: string; error?: HubbubError | undefined }): string {
  if (reason === 'removed') return 'You were removed from this room.';
  if (reason === 'gone') return 'This room is gone.';
  if (reason === 'left') return 'You left this room.';
  if (error?.code === 'not_found') return 'There is no such room, or it is private and you are not in it.';
  if (error?.code === 'forbidden') return 'You may not read this room.';
  return error?.message ?? 'This room cannot be opened.';
}
