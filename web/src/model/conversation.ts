import type { AttachedFile, RoomEvent, User } from 'hubbub-client';
import type { TextKey } from '../texts';
import { dayOf } from './time';
import { sequenceOf } from './unread';

interface Entry {
  sequence: number;
  /** Milliseconds since 1970, and the local day; for display, never for order. */
  at: number;
  day: number;
}

export interface Message extends Entry {
  kind: 'message';
  id: string;
  key: string | undefined;
  sender: User;
  text: string;
  edited: boolean;
  deleted: boolean;
  /** The message that this one answers, by its sequence. */
  replyTo: number | undefined;
  /** The message in whose thread this one stands. */
  thread: number | undefined;
  /** User ids, and the word `@room`. */
  mentions: readonly string[];
  /** What it brings. */
  files: readonly AttachedFile[];
  /** In the order in which they were first given. */
  reactions: readonly Reaction[];
  pinned: boolean;
  /** How many messages of its thread are known here, and the sequence of the last. */
  replies: { count: number; last: number } | undefined;
}

export interface Reaction {
  emoji: string;
  /** Whose, by id. */
  users: readonly string[];
}

/** Something that happened in the room and was not said: a quiet line. */
export interface Notice extends Entry {
  kind: 'notice';
  /** What is said of it, in whatever language, and the words that go into that. */
  saying: TextKey;
  words: readonly string[];
}

export type Item = Message | Notice;

/** What a relaxed room left out of its stream and nobody has read from the history yet: the events after `after`, up to and with `upTo`. */
export interface Skip {
  after: number;
  upTo: number;
  /** When it was told. */
  at: number;
}

/** What has become of a message: the newest edit, unless it was deleted. `held` is the newest change's own sequence. */
interface Change {
  held: number;
  edit?: { sequence: number; text: string; mentions: readonly string[] };
  deleted: boolean;
  /** By emoji and user: the newest of what that user did, and whether they gave it or took it back. */
  reactions?: ReadonlyMap<string, { sequence: number; emoji: string; user: string; given: boolean }>;
  pin?: { sequence: number; pinned: boolean };
}

/**
 * What a run of a room's events comes to: messages as they now read, and notices between them, by sequence.
 *
 * `fold` takes events in any order, in any portions, any number of times, and the result is the same: a page of history may
 * come after the edits of its messages. Hence stale state plus the missed events equals a fresh fetch. Items are replaced,
 * never changed in place, so that what displays them can compare by identity.
 */
export class Conversation {
  /** Ascending by sequence. */
  items: Item[] = [];
  /** Ascending, apart from each other. */
  skips: readonly Skip[] = [];
  /** The lowest and highest sequence folded; 0 before the first. */
  first = 0;
  last = 0;
  /** The room's name as far as these events tell it. */
  name: { text: string; sequence: number } | undefined;

  /** Sequences at which a page of history was joined on. */
  readonly seams = new Set<number>();

  /** What the room is about, as far as these events tell it. */
  topic: { text: string; sequence: number } | undefined;
  /** How often something was pinned or unpinned. */
  pinsChanged = 0;

  private readonly bySequence = new Map<number, Item>();
  private readonly changes = new Map<number, Change>();
  /** The messages of each thread, by the sequence of its root. They do not stand among the items. */
  private readonly threads = new Map<number, Message[]>();

  /** How many sequences lie between the oldest and the newest folded, both included. */
  get span(): number {
    return this.first === 0 ? 0 : Math.max(0, this.last - this.first + 1);
  }

  fold(events: readonly RoomEvent[]): void {
    const older: number[] = [];
    const lowest = this.items[0]?.sequence ?? Infinity;
    for (const event of events) {
      this.first = this.first === 0 ? event.sequence : Math.min(this.first, event.sequence);
      this.last = Math.max(this.last, event.sequence);
      const item = this.readable(event);
      if (!item || this.bySequence.has(item.sequence)) continue;
      if (item.kind === 'message' && item.thread !== undefined) {
        this.addToThread(item);
        continue;
      }
      this.bySequence.set(item.sequence, item);
      if (item.sequence < lowest) older.push(item.sequence);
      else this.insert(item);
    }
    // A page of history is put in front in one go; message by message would move the whole list each time.
    // It is looked up again, since an edit in the same page may have replaced it.
    older.sort((a, b) => a - b);
    if (older.length) this.items = [...older.map((sequence) => this.bySequence.get(sequence)!), ...this.items];
  }

  /** Says that everything from this sequence on is known, also where there was nothing to show. */
  reach(sequence: number): void {
    this.first = this.first === 0 ? sequence : Math.min(this.first, sequence);
  }

  /** Says that everything up to this sequence is known, also where there was nothing to show. */
  reachUpTo(sequence: number): void {
    this.last = Math.max(this.last, sequence);
  }

  /** Takes over what these events say of messages that are held, and nothing else: they lie beyond what this knows of. */
  amend(events: readonly RoomEvent[]): void {
    for (const event of events) this.takeChange(event);
  }

  /** Takes over messages of a thread, wherever they stand in the log. */
  foldThread(events: readonly RoomEvent[]): void {
    for (const event of events) {
      if (this.takeChange(event)) continue;
      const item = this.itemOf(event);
      if (item?.kind === 'message' && item.thread !== undefined && !this.bySequence.has(item.sequence)) this.addToThread(item);
    }
  }

  /** The messages of a thread that are known here, ascending. */
  threadOf(root: number): readonly Message[] {
    return this.threads.get(root) ?? [];
  }

  /** Takes over all that another conversation of the same room knows beyond this one's end, which must touch it. */
  absorb(newer: Conversation): void {
    for (const [message, change] of newer.changes) {
      const held = this.changes.get(message);
      this.changes.set(message, held ? merged(held, change) : change);
      const target = this.message(message);
      if (target) this.replace(this.asItNowReads(target));
    }
    for (const item of newer.items) {
      if (this.bySequence.has(item.sequence)) continue;
      this.bySequence.set(item.sequence, item);
      this.insert(item);
    }
    for (const thread of newer.threads.values()) for (const message of thread) if (!this.bySequence.has(message.sequence)) this.addToThread(message);
    this.skips = [...this.skips, ...newer.skips.filter((skip) => skip.upTo > this.last)];
    if (newer.name && (!this.name || newer.name.sequence > this.name.sequence)) this.name = newer.name;
    if (newer.topic && (!this.topic || newer.topic.sequence > this.topic.sequence)) this.topic = newer.topic;
    this.first = this.first === 0 ? newer.first : Math.min(this.first, newer.first);
    this.last = Math.max(this.last, newer.last);
  }

  /** Says that these events exist and are left out. */
  skip(skip: Skip): void {
    this.reach(skip.after + 1);
    this.last = Math.max(this.last, skip.upTo);
    this.skips = [...this.skips, skip];
  }

  /** Says that what lies after this sequence within a skip is known now. */
  fillSkip(skip: Skip, after: number): void {
    const rest = after > skip.after ? [{ ...skip, upTo: after }] : [];
    this.skips = this.skips.flatMap((other) => (other.upTo === skip.upTo ? rest : [other]));
  }

  /** The message with this sequence, as it now reads. */
  message(sequence: number): Message | undefined {
    const item = this.bySequence.get(sequence);
    return item?.kind === 'message' ? item : undefined;
  }

  /**
   * Forgets everything before the given sequence. Changes are forgotten by their own sequence, not their message's: an edit
   * that is still held must apply again when its message comes back as history.
   */
  forgetBefore(sequence: number): void {
    if (sequence <= this.first) return;
    const kept = this.items.findIndex((item) => item.sequence >= sequence);
    const gone = this.items.splice(0, kept < 0 ? this.items.length : kept);
    for (const item of gone) this.bySequence.delete(item.sequence);
    for (const [root, thread] of this.threads) {
      const left = thread.filter((message) => message.sequence >= sequence);
      for (const message of thread) if (message.sequence < sequence) this.bySequence.delete(message.sequence);
      if (left.length) this.threads.set(root, left);
      else this.threads.delete(root);
    }
    for (const [message, change] of this.changes) if (change.held < sequence) this.changes.delete(message);
    this.skips = this.skips.filter((skip) => skip.upTo >= sequence);
    this.first = Math.min(sequence, this.last);
  }

  /** Forgets everything after the given sequence. Changes are kept: they hold whatever else is forgotten. */
  forgetAfter(sequence: number): void {
    if (sequence >= this.last) return;
    const from = this.indexOf(sequence + 1);
    for (const item of this.items.splice(from)) this.bySequence.delete(item.sequence);
    this.skips = this.skips.filter((skip) => skip.upTo <= sequence);
    this.last = Math.max(sequence, this.first);
  }

  /** Its last so many sequences, as a conversation of their own. */
  tail(count: number): Conversation {
    const tail = new Conversation();
    const from = Math.max(this.first, this.last - count + 1);
    tail.first = from;
    tail.last = this.last;
    tail.name = this.name;
    tail.topic = this.topic;
    tail.items = this.items.slice(this.indexOf(from));
    tail.skips = this.skips.filter((skip) => skip.upTo >= from);
    for (const item of tail.items) tail.bySequence.set(item.sequence, item);
    for (const [message, change] of this.changes) if (message >= from) tail.changes.set(message, change);
    for (const [root, thread] of this.threads) for (const message of thread) if (root >= from || message.sequence >= from) tail.addToThread(message);
    return tail;
  }

  /** What cannot be read is a marker in its place: one bad entry must not keep a room from opening. */
  private readable(event: RoomEvent): Item | undefined {
    try {
      return this.itemOf(event);
    } catch {
      return { kind: 'notice', ...entry(event), saying: 'message.unreadable', words: [] };
    }
  }

  private itemOf(event: RoomEvent): Item | undefined {
    if (this.takeChange(event)) return undefined;
    switch (event.type) {
      case 'message':
        return this.asItNowReads({
          kind: 'message',
          ...entry(event),
          id: event.id,
          key: event.key,
          sender: somebody(event.sender),
          text: event.message,
          edited: false,
          deleted: event.deleted === true,
          replyTo: event.replyTo === undefined ? undefined : sequenceOf(event.replyTo),
          thread: event.thread === undefined ? undefined : sequenceOf(event.thread),
          mentions: event.mentions ?? NOBODY,
          files: event.files ?? NO_FILES,
          reactions: NO_REACTIONS,
          pinned: false,
          replies: undefined,
        });
      case 'room_topic':
        if (!this.topic || event.sequence > this.topic.sequence) this.topic = { text: event.topic, sequence: event.sequence };
        break;
      case 'room_created':
      case 'room_renamed':
        if (!this.name || event.sequence > this.name.sequence) this.name = { text: event.name, sequence: event.sequence };
        break;
    }
    const notice = noticeOf(event);
    return notice ? { kind: 'notice', ...entry(event), ...notice } : undefined;
  }

  /** If the event changes a message, whether that is held or comes later, it is taken over. */
  private takeChange(event: RoomEvent): boolean {
    const { sequence } = event;
    switch (event.type) {
      case 'message_edited':
        // The text of an edit is gone for good with its message.
        this.change(event.messageId, { held: sequence, deleted: event.deleted === true, edit: { sequence, text: event.message, mentions: event.mentions ?? NOBODY } });
        return true;
      case 'message_deleted':
        this.change(event.messageId, { held: sequence, deleted: true });
        return true;
      case 'reaction_added':
      case 'reaction_removed': {
        const user = event.sender.id;
        const given = event.type === 'reaction_added';
        this.change(event.messageId, { held: sequence, deleted: false, reactions: new Map([[`${event.emoji} ${user}`, { sequence, emoji: event.emoji, user, given }]]) });
        return true;
      }
      case 'message_pinned':
      case 'message_unpinned':
        this.pinsChanged++;
        this.change(event.messageId, { held: sequence, deleted: false, pin: { sequence, pinned: event.type === 'message_pinned' } });
        return false;
      default:
        return false;
    }
  }

  private change(messageId: string, change: Change): void {
    const target = sequenceOf(messageId);
    const known = this.changes.get(target);
    this.changes.set(target, known ? merged(known, change) : change);
    const message = this.message(target);
    if (message) this.replace(this.asItNowReads(message));
  }

  private asItNowReads(message: Message): Message {
    const change = this.changes.get(message.sequence);
    const thread = message.thread === undefined ? this.threads.get(message.sequence)?.filter((reply) => !reply.deleted) : undefined;
    const replies = thread?.length ? { count: thread.length, last: thread.at(-1)!.sequence } : undefined;
    if (!change) return replies || message.replies ? { ...message, replies } : message;
    // The words of a deleted message are not kept, not even out of sight.
    if (change.deleted || message.deleted) return { ...message, text: '', edited: false, deleted: true, mentions: NOBODY, files: NO_FILES, reactions: NO_REACTIONS, pinned: false, replies };
    return {
      ...message,
      ...(change.edit ? { text: change.edit.text, mentions: change.edit.mentions, edited: true } : {}),
      reactions: change.reactions ? reactionsOf(change.reactions) : NO_REACTIONS,
      pinned: change.pin?.pinned === true,
      replies,
    };
  }

  private addToThread(message: Message): void {
    const root = message.thread!;
    this.bySequence.set(message.sequence, message);
    const others = this.threads.get(root) ?? [];
    this.threads.set(root, [...others, message].sort((a, b) => a.sequence - b.sequence));
    this.redrawRoot(root);
  }

  private redrawRoot(sequence: number): void {
    const root = this.message(sequence);
    if (root) this.replace(this.asItNowReads(root));
  }

  private insert(item: Item): void {
    const newest = this.items.at(-1);
    if (!newest || newest.sequence < item.sequence) this.items.push(item);
    else this.items.splice(this.indexOf(item.sequence), 0, item);
  }

  private replace(item: Item): void {
    this.bySequence.set(item.sequence, item);
    if (item.kind === 'message' && item.thread !== undefined) {
      this.threads.set(item.thread, this.threadOf(item.thread).map((other) => (other.sequence === item.sequence ? item : other)));
      this.redrawRoot(item.thread);
      return;
    }
    const index = this.indexOf(item.sequence);
    if (this.items[index]?.sequence === item.sequence) this.items[index] = item;
  }

  /** Where this sequence stands, or would stand. */
  private indexOf(sequence: number): number {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.items[middle]!.sequence < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const NOBODY: readonly string[] = [];
const NO_REACTIONS: readonly Reaction[] = [];
const NO_FILES: readonly AttachedFile[] = [];

/** What is said of a message where there is no place for its files: its text, or else their names. */
export const wordsOf = ({ text, files }: { text: string; files: readonly { name: string }[] }): string => text || files.map((file) => file.name).join(', ');

/** Two changes of one message as one, whichever came first. */
function merged(a: Change, b: Change): Change {
  const later = <T extends { sequence: number }>(x: T | undefined, y: T | undefined): T | undefined => (!x || (y && y.sequence > x.sequence) ? y : x);
  const edit = later(a.edit, b.edit);
  const pin = later(a.pin, b.pin);
  let reactions = a.reactions ?? b.reactions;
  if (a.reactions && b.reactions) {
    const all = new Map(a.reactions);
    for (const [key, reaction] of b.reactions) all.set(key, later(all.get(key), reaction)!);
    reactions = all;
  }
  return { held: Math.max(a.held, b.held), deleted: a.deleted || b.deleted, ...(edit ? { edit } : {}), ...(pin ? { pin } : {}), ...(reactions ? { reactions } : {}) };
}

function reactionsOf(all: NonNullable<Change['reactions']>): Reaction[] {
  const users = new Map<string, string[]>();
  for (const { emoji, user, given } of [...all.values()].sort((a, b) => a.sequence - b.sequence)) {
    if (given) users.set(emoji, [...(users.get(emoji) ?? []), user]);
  }
  return [...users].map(([emoji, who]) => ({ emoji, users: who }));
}

function somebody(user: User): User {
  if (typeof user.id !== 'string' || typeof user.name !== 'string') throw new TypeError('An event without a sender.');
  return user;
}

function entry(event: RoomEvent): Entry {
  const at = Date.parse(event.sentAt) || 0;
  return { sequence: event.sequence, at, day: dayOf(at) };
}

const ROLE_NOTICES: Record<string, TextKey | undefined> = {
  owner: 'notice.role.owner',
  moderator: 'notice.role.moderator',
  reader: 'notice.role.reader',
};

function noticeOf(event: RoomEvent): Pick<Notice, 'saying' | 'words'> | undefined {
  switch (event.type) {
    case 'member_joined':
      return { saying: 'notice.joined', words: [event.user.name] };
    case 'member_left':
      return { saying: event.reason === 'removed' ? 'notice.removed' : event.reason === 'kicked' ? 'notice.kicked' : 'notice.left', words: [event.user.name] };
    case 'room_created':
      return { saying: 'notice.created', words: [event.sender.name] };
    case 'room_renamed':
      return { saying: 'notice.renamed', words: [event.sender.name, event.name] };
    case 'room_topic':
      return event.topic ? { saying: 'notice.topic', words: [event.sender.name, event.topic] } : { saying: 'notice.topic.none', words: [event.sender.name] };
    case 'room_archived':
      return { saying: 'notice.archived', words: [event.sender.name] };
    case 'room_unarchived':
      return { saying: 'notice.unarchived', words: [event.sender.name] };
    case 'slow_mode':
      return event.seconds > 0 ? { saying: 'notice.slow', words: [String(event.seconds)] } : { saying: 'notice.slow.off', words: [] };
    case 'role_changed':
      return { saying: ROLE_NOTICES[event.role] ?? 'notice.role.member', words: [event.user.name] };
    case 'member_muted':
      return { saying: 'notice.muted', words: [event.user.name] };
    case 'member_unmuted':
      return { saying: 'notice.unmuted', words: [event.user.name] };
    case 'message_pinned':
      return { saying: 'notice.pinned', words: [event.sender.name] };
    case 'message_unpinned':
      return { saying: 'notice.unpinned', words: [event.sender.name] };
    default:
      return undefined;
  }
}
