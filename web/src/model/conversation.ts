import type { RoomEvent, User } from 'hubbub-client';
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
  edit?: { sequence: number; text: string };
  deleted: boolean;
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

  private readonly bySequence = new Map<number, Item>();
  private readonly changes = new Map<number, Change>();

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
      const item = this.itemOf(event);
      if (!item || this.bySequence.has(item.sequence)) continue;
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
    for (const event of events) {
      if (event.type === 'message_edited') this.change(event.sequence, event.messageId, event.message);
      else if (event.type === 'message_deleted') this.change(event.sequence, event.messageId, undefined);
    }
  }

  /** Takes over all that another conversation of the same room knows beyond this one's end, which must touch it. */
  absorb(newer: Conversation): void {
    for (const [message, change] of newer.changes) {
      const held = this.changes.get(message);
      const edit = !held?.edit || (change.edit && change.edit.sequence > held.edit.sequence) ? change.edit : held.edit;
      this.changes.set(message, { held: Math.max(change.held, held?.held ?? 0), deleted: change.deleted || held?.deleted === true, ...(edit ? { edit } : {}) });
      const target = this.message(message);
      if (target) this.replace(this.asItNowReads(target));
    }
    for (const item of newer.items) {
      if (this.bySequence.has(item.sequence)) continue;
      this.bySequence.set(item.sequence, item);
      this.insert(item);
    }
    this.skips = [...this.skips, ...newer.skips.filter((skip) => skip.upTo > this.last)];
    if (newer.name && (!this.name || newer.name.sequence > this.name.sequence)) this.name = newer.name;
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
    for (const [message, change] of this.changes) if (change.held < sequence) this.changes.delete(message);
    this.skips = this.skips.filter((skip) => skip.upTo >= sequence);
    this.first = Math.min(sequence, this.last);
  }

  private itemOf(event: RoomEvent): Item | undefined {
    switch (event.type) {
      case 'message':
        return this.asItNowReads({
          kind: 'message',
          ...entry(event),
          id: event.id,
          key: event.key,
          sender: event.sender,
          text: event.message,
          edited: false,
          deleted: false,
        });
      case 'message_edited':
        return this.change(event.sequence, event.messageId, event.message);
      case 'message_deleted':
        return this.change(event.sequence, event.messageId, undefined);
      case 'room_created':
      case 'room_renamed':
        if (!this.name || event.sequence > this.name.sequence) this.name = { text: event.name, sequence: event.sequence };
        break;
    }
    const notice = noticeOf(event);
    return notice ? { kind: 'notice', ...entry(event), ...notice } : undefined;
  }

  private change(held: number, messageId: string, text: string | undefined): undefined {
    const target = sequenceOf(messageId);
    const change = this.changes.get(target) ?? { held, deleted: false };
    change.held = Math.max(change.held, held);
    if (text === undefined) change.deleted = true;
    else if (!change.edit || held > change.edit.sequence) change.edit = { sequence: held, text };
    this.changes.set(target, change);

    const message = this.message(target);
    if (message) this.replace(this.asItNowReads(message));
  }

  private asItNowReads(message: Message): Message {
    const change = this.changes.get(message.sequence);
    if (!change) return message;
    // The words of a deleted message are not kept, not even out of sight.
    if (change.deleted) return { ...message, text: '', edited: false, deleted: true };
    return change.edit ? { ...message, text: change.edit.text, edited: true } : message;
  }

  private insert(item: Item): void {
    const newest = this.items.at(-1);
    if (!newest || newest.sequence < item.sequence) this.items.push(item);
    else this.items.splice(this.indexOf(item.sequence), 0, item);
  }

  private replace(item: Item): void {
    this.bySequence.set(item.sequence, item);
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

function entry(event: RoomEvent): Entry {
  const at = Date.parse(event.sentAt) || 0;
  return { sequence: event.sequence, at, day: dayOf(at) };
}

function noticeOf(event: RoomEvent): Pick<Notice, 'saying' | 'words'> | undefined {
  switch (event.type) {
    case 'member_joined':
      return { saying: 'notice.joined', words: [event.user.name] };
    case 'member_left':
      return { saying: event.reason === 'removed' ? 'notice.removed' : 'notice.left', words: [event.user.name] };
    case 'room_created':
      return { saying: 'notice.created', words: [event.sender.name] };
    case 'room_renamed':
      return { saying: 'notice.renamed', words: [event.sender.name, event.name] };
    default:
      return undefined;
  }
}
