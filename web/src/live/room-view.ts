import type { Gap, HistoryPage, HubbubError, Joined, Left, PendingPost, PostExtras, Presence, RoomEvent, RoomSubscription, Skipped, User } from 'hubbub-client';
import { Conversation, wordsOf, type Skip } from '../model/conversation';
import { Standing } from '../model/standing';
import { Typing } from '../model/typing';
import { epochOf, sequenceOf } from '../model/unread';
import { messagesAfter } from '../model/unseen';
import { text } from '../texts';
import type { MessageActs } from './message-acts';
import { Pulse } from './pulse';
import { ReadMark } from './read-mark';

/** How much of a room is asked for at first, and per page of history. Events, not messages. */
export const FIRST_PAGE = 50;
export const HISTORY_PAGE = 100;

/**
 * The most events of a stretch of the log kept in the page. Live events push out the oldest and history the newest, so many at a
 * time; what was let go can be read again from the log.
 */
export const HELD_MAX = 20_000;
const FORGET_AT_ONCE = 1_000;

/** Who reads at the live end sees none of what lies further up, and every drawing would go through it: so much is kept for them. */
export const HELD_AT_END_MAX = 3_000;

/** Of a thread so many pages are read at most. */
const THREAD_PAGES = 10;

/** A fresh page after a gap is asked for again after this long, as often as it takes. */
const RETRY_MS = 2_000;

/**
 * The head at the moment of opening may be an event of a kind unknown here, which is never handed on: then what has come after
 * this time is shown.
 */
const HEAD_WAIT_MS = 3_000;

/** Where one had left off is asked for beside the first page; if it does not come within this time, the room opens at its end. */
const MARK_WAIT_MS = 1_000;

/** What history can be doing. `start`: the room's first event is held. */
export type HistoryState = 'more' | 'loading' | 'failed' | 'start';

/** What can lie below what is shown: nothing that is not here (`end`), or a part of the log that is not held. */
export type LaterState = 'end' | 'more' | 'loading' | 'failed';

/** Where the list is to be scrolled to: once for each new object. */
export interface Target {
  sequence: number;
  /** `new`: the line above it stands near the upper edge; `message`: in the middle, and lit for a moment. */
  as: 'new' | 'message';
}

/** The part of a message that stands above its answer. */
export interface Quoted {
  sender: User;
  text: string;
}

export interface RoomViewOptions {
  /** Hears of every move of the read mark at once. */
  onRead?: (position: string) => void;
  acts?: MessageActs;
  /** How far this person had read when the room was opened; null if they never have. */
  mark?: Promise<string | null>;
}

/**
 * One open room: its subscription folded into a conversation, with history, typing and the read mark. Nothing here draws;
 * `changes` beats whenever something to be drawn has changed. It ends with `close`.
 *
 * Two stretches of the log can be held at once: `live`, which ends at the head, and, after a jump far back, `past`, which is
 * shown instead of it and grows in both directions. When they meet they become one.
 */
export class RoomView {
  readonly changes = new Pulse();
  readonly typing = new Typing();
  /** What the stream has said of who may write here, and how often. */
  readonly standing = new Standing();
  live = new Conversation();
  private past: Conversation | undefined;
  later: LaterState = 'end';
  /** Messages of others behind this sequence were new when the room was opened, or came while nobody looked. It stays until the room is left. */
  newAfter: number | undefined;
  target: Target | undefined;
  /** Whether the end of what is shown is on the screen. */
  isAtEnd = true;
  /** Whether the stream lost its past, and what was missed is being fetched. */
  missed = false;
  /** Whether the events up to the head of the moment of opening are all here. */
  loaded = false;
  history: HistoryState = 'more';
  ended: Left | undefined;
  /** Who is here, once that is known. */
  presence: Presence | undefined;

  private readonly names = new Map<string, string>();
  private readonly quotes = new Map<number, Quoted | null | undefined>();
  private readonly unsubscribes: (() => void)[];
  private readonly readMark: ReadMark;
  readonly acts: MessageActs | undefined;
  private readonly mark: Promise<string | null> | undefined;
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
    { onRead = () => {}, mark, acts }: RoomViewOptions = {},
  ) {
    this.mark = mark;
    this.acts = acts;
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

  /** What is shown. */
  get conversation(): Conversation {
    return this.past ?? this.live;
  }

  /** Whether what is shown ends at the room's head. */
  get isLive(): boolean {
    return this.past === undefined;
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
      if (life === this.life) this.foldHistory(conversation, page, before, HISTORY_PAGE);
    } catch {
      if (life === this.life && conversation === this.conversation) this.setHistory('failed');
    }
  }

  /** Puts a page of what comes after behind what is shown, until it meets the live end. */
  async loadLater(): Promise<void> {
    const { life, past } = this;
    if (!past || (this.later !== 'more' && this.later !== 'failed')) return;
    this.setLater('loading');
    const upTo = Math.min(past.last + HISTORY_PAGE, this.live.last);
    try {
      const limit = Math.max(1, upTo - past.last);
      const page = await this.subscription.history({ before: `${this.epoch}:${upTo + 1}`, limit });
      if (life !== this.life || past !== this.past) return;
      past.fold(page.events);
      past.amend(page.later);
      past.reachUpTo(upTo);
      if (past.span > HELD_MAX) {
        past.forgetBefore(past.first + FORGET_AT_ONCE);
        this.history = 'more';
      }
      this.meet();
    } catch {
      if (life === this.life && past === this.past) this.setLater('failed');
    }
  }

  /** Goes back to the room's end, which is held all the time. */
  showLive(): void {
    if (!this.past) return;
    this.past = undefined;
    this.target = undefined;
    this.later = 'end';
    this.history = this.historyOf(this.live);
    this.changes.beatNow();
  }

  /** Shows this message, wherever in the log it is. False if it could not be fetched. */
  async jumpTo(sequence: number, as: Target['as'] = 'message'): Promise<boolean> {
    const { life } = this;
    if (!holds(this.conversation, sequence)) {
      if (holds(this.live, sequence)) this.showLive();
      else if (!(await this.loadAround(sequence))) return false;
    }
    if (life !== this.life) return false;
    this.target = { sequence, as };
    this.changes.beat();
    return true;
  }

  private async loadAround(sequence: number): Promise<boolean> {
    const { life } = this;
    try {
      const page = await this.subscription.history({ around: `${this.epoch}:${Math.max(1, sequence)}`, limit: HISTORY_PAGE });
      if (life !== this.life) return false;
      const past = new Conversation();
      past.fold(page.events);
      past.amend(page.later);
      if (past.span === 0) return false;
      this.past = past;
      this.history = this.historyOf(past);
      this.later = 'more';
      this.meet();
      return true;
    } catch {
      return false;
    }
  }

  /** If nothing is missing between the past and the live end, they are one. */
  private meet(): void {
    const { past, live } = this;
    if (past && past.last + 1 >= live.first) {
      past.absorb(live);
      this.live = past;
      this.past = undefined;
      this.later = 'end';
      this.changes.beat();
    } else this.setLater('more');
  }

  private get epoch(): string {
    return epochOf(this.subscription.position ?? '');
  }

  private historyOf({ first }: Conversation): HistoryState {
    return first <= 1 ? 'start' : 'more';
  }

  /** History has grown too long for one stretch: its newest end is let go, and what is shown is the past. */
  private forgetNewest(into: Conversation): void {
    if (into === this.live) {
      this.live = into.tail(FIRST_PAGE);
      this.past = into;
      this.later = 'more';
    }
    into.forgetAfter(into.first + HELD_MAX - FORGET_AT_ONCE - 1);
  }

  private setLater(state: LaterState): void {
    this.later = state;
    this.changes.beat();
  }

  /** Reads the newest of what a relaxed room has skipped, a page of it. False if it did not come. */
  async loadSkipped(skip: Skip): Promise<boolean> {
    const { life, conversation, epoch } = this;
    const limit = Math.min(skip.upTo - skip.after, HISTORY_PAGE);
    try {
      const page = await this.subscription.history({ before: `${epoch}:${skip.upTo + 1}`, limit });
      if (life !== this.life) return true;
      conversation.fold(page.events);
      conversation.amend(page.later);
      conversation.fillSkip(skip, skip.upTo - limit);
      this.changes.beat();
      return true;
    } catch {
      return false;
    }
  }

  /** It stands on the screen in the next drawing, at the live end; what goes into a thread stands there. */
  post(text: string, context: PostExtras = {}): PendingPost {
    const post = this.subscription.post(text, context);
    if (context.thread === undefined) this.showLive();
    this.changes.beatNow();
    return post;
  }

  edit(messageId: string, text: string): Promise<unknown> {
    return this.subscription.edit(messageId, text);
  }

  remove(messageId: string): Promise<unknown> {
    return this.subscription.remove(messageId);
  }

  /** The message that another one answers: undefined while it is being fetched, null if it cannot be shown. */
  quoted(sequence: number): Quoted | null | undefined {
    const held = this.conversation.message(sequence) ?? this.live.message(sequence);
    if (held) return held.deleted ? null : { sender: held.sender, text: wordsOf(held) };
    const known = this.quotes.get(sequence);
    if (known !== undefined || this.quotes.has(sequence)) return known;
    this.quotes.set(sequence, undefined);
    const { life } = this;
    const keep = (quoted: Quoted | null): void => {
      if (life !== this.life) return;
      this.quotes.set(sequence, quoted);
      this.changes.beat();
    };
    this.acts?.message(`${this.epoch}:${sequence}`).then(
      ({ sender, message, files }) => keep(message === undefined ? null : { sender, text: wordsOf({ text: message, files: files ?? [] }) }),
      () => keep(null),
    );
    return undefined;
  }

  /** Asks for a thread's messages from its beginning. False if they did not come. */
  async loadThread(root: number): Promise<boolean> {
    const { life, conversation } = this;
    try {
      let after: string | undefined;
      for (let page = 0; page < THREAD_PAGES; page++) {
        const answer = await this.acts!.thread(`${this.epoch}:${root}`, { limit: HISTORY_PAGE, ...(after ? { after } : {}) });
        if (life !== this.life) return true;
        conversation.foldThread(answer.events);
        conversation.amend(answer.later);
        this.changes.beat();
        if (answer.events.length < HISTORY_PAGE) break;
        after = answer.position;
      }
      return true;
    } catch {
      return false;
    }
  }

  /** What this person is called, if they have been heard of. */
  nameOf(userId: string): string | undefined {
    return this.names.get(userId);
  }

  typed(): void {
    this.subscription.typing();
  }

  /** What has come up to this sequence was on the screen, in front of somebody; without one, everything. */
  seen(upTo?: number): void {
    const { position } = this.subscription;
    if (position === undefined || !this.loaded || this.ended) return;
    this.readMark.moveTo(upTo === undefined || upTo >= sequenceOf(position) ? position : `${this.epoch}:${upTo}`);
  }

  /** What comes after this sequence comes behind somebody's back. */
  unseenAfter(sequence: number): void {
    this.newAfter ??= sequence;
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
    this.live.reach(start + 1);
    if (start === 0) this.history = 'start';
    this.awaitedHead = head;
    if (start >= head) this.headReached();
    else this.headTimer = setTimeout(() => this.headReached(), HEAD_WAIT_MS);
    this.changes.beat();
  }

  private event(event: RoomEvent): void {
    this.know(event.sender);
    this.standing.take(event, this.me()?.id);
    this.live.fold([event]);
    this.past?.amend([event]);
    if (event.type === 'message') this.typing.posted(event.sender?.id);
    if (!this.loaded && this.awaitedHead !== undefined && event.sequence >= this.awaitedHead) this.headReached();
    this.forgetOldest();
    this.changes.beat();
  }

  private skipped({ to, count }: Skipped): void {
    const skip = { after: sequenceOf(to) - count, upTo: sequenceOf(to), at: Date.now() };
    const awaitsOwn = this.outbox.some((post) => post.state === 'sending' || post.state === 'sent');
    this.live.skip(skip);
    if (!this.loaded && this.awaitedHead !== undefined && skip.upTo >= this.awaitedHead) this.headReached();
    this.forgetOldest();
    this.changes.beat();

    // One's own message may be among them, and whoever has written wants to see it stand there.
    if (awaitsOwn) void this.loadSkipped(skip);
  }

  private headReached(): void {
    clearTimeout(this.headTimer);
    this.awaitedHead = undefined;
    if (this.mark) void this.openAtMark(this.mark);
    else this.opened();
  }

  /** The room opens at the first message that was new, if that is known in time; else at its end. */
  private async openAtMark(asked: Promise<string | null>): Promise<void> {
    const { life } = this;
    const mark = await Promise.race([asked.catch(() => null), new Promise<null>((late) => setTimeout(() => late(null), MARK_WAIT_MS))]);
    if (life !== this.life) return;
    if (mark !== null && epochOf(mark) === this.epoch) await this.openAfter(sequenceOf(mark), life);
    if (life === this.life) this.opened();
  }

  private opened(): void {
    this.loaded = true;
    this.changes.beat();
  }

  private async openAfter(read: number, life: number): Promise<void> {
    const { live } = this;
    if (read >= live.last) return;
    if (read + 1 < live.first && !(await this.loadAround(read + 1))) return;
    if (life !== this.life) return;
    const first = messagesAfter(this.conversation.items, read).find((message) => message.sender.id !== this.me()?.id && !message.deleted);
    if (!first) return;
    this.newAfter = read;
    this.target = { sequence: first.sequence, as: 'new' };
  }

  private forgetOldest(): void {
    if (this.live.span <= (this.isAtEnd || !this.isLive ? HELD_AT_END_MAX : HELD_MAX)) return;
    this.live.forgetBefore(this.live.first + FORGET_AT_ONCE);
    if (!this.isLive) return;
    if (this.history === 'start') this.history = 'more';
  }

  private gap({ to }: Gap): void {
    this.life++;
    this.readMark.forget();
    this.begun = true;
    clearTimeout(this.headTimer);
    this.awaitedHead = undefined;
    this.live = new Conversation();
    this.past = undefined;
    this.later = 'end';
    this.missed = true;
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
      this.missed = false;
      for (const event of page.events) this.standing.take(event, this.me()?.id);
      this.foldHistory(this.live, page, before, FIRST_PAGE);
      this.live.seams.clear();
    } catch {
      if (life === this.life) this.retryTimer = setTimeout(() => void this.loadFresh(to), RETRY_MS);
    }
  }

  private foldHistory(into: Conversation, page: HistoryPage, before: number, asked: number): void {
    const joint = into.items[0]?.sequence;
    into.fold(page.events);
    into.amend(page.later);
    for (const { sender } of page.events) this.know(sender);
    // Types of events that we do not know are left out of a page; if it is all of them, its length still says how far it went.
    if (page.events.length === 0) into.reach(Math.max(1, before - asked));
    if (joint !== undefined) into.seams.add(joint);
    if (into.span > HELD_MAX) this.forgetNewest(into);
    if (into === this.conversation) this.setHistory(this.historyOf(into));
  }

  private know(user: User | undefined): void {
    if (user?.id) this.names.set(user.id, user.name);
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
    for (const user of presence.users) this.know(user);
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
    // Who is sent away marks nothing any more.
    this.readMark.forget();
    this.typing.clear();
    this.presence = undefined;
    this.changes.beat();
  }
}

const holds = ({ first, last }: Conversation, sequence: number): boolean => first !== 0 && first <= sequence && sequence <= last;

/** Why a room cannot be shown (any more), for a person. */
export function endedSentence({ reason, error }: { reason: string; error?: HubbubError | undefined }): string {
  if (reason === 'removed' || reason === 'kicked' || reason === 'gone' || reason === 'left') return text(`room.ended.${reason}`);
  if (error?.code === 'not_found') return text('room.ended.notFound');
  if (error?.code === 'forbidden') return text('room.ended.forbidden');
  return error?.message ?? text('room.ended.other');
}
