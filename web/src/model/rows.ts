import type { PendingPost, User } from 'hubbub-client';
import type { Item, Message, Notice, Skip } from './conversation';
import { dayOf } from './time';

/** Messages of one person closer together than this stand in one group, under one name. */
const GROUP_MS = 5 * 60_000;

interface Placed {
  /** The same for a message before and after its confirmation, so that it stays in its place on the screen. */
  key: string;
  /** First and last of a group of one person's messages. */
  starts: boolean;
  ends: boolean;
}

export interface DayRow {
  kind: 'day';
  key: string;
  at: number;
}

export interface NoticeRow {
  kind: 'notice';
  key: string;
  notice: Notice;
}

/** In a relaxed room: what was left out here. */
export interface SkipRow {
  kind: 'skip';
  key: string;
  skip: Skip;
}

/** Above the first message that was new when the room was opened. */
export interface NewRow {
  kind: 'new';
  key: string;
}

export interface MessageRow extends Placed {
  kind: 'message';
  message: Message;
  mine: boolean;
}

/** One's own message that the log has not confirmed yet. */
export interface PendingRow extends Placed {
  kind: 'pending';
  post: PendingPost;
}

export type Row = DayRow | NewRow | NoticeRow | SkipRow | MessageRow | PendingRow;

export interface RowsInput {
  items: readonly Item[];
  skips: readonly Skip[];
  outbox: readonly PendingPost[];
  me: User | undefined;
  /** Whether the first item is the room's first: only then is it known to begin its day. */
  fromStart: boolean;
  /** Sequences that always begin a group: where a page of history was joined on, nothing below may change its height. */
  seams: ReadonlySet<number>;
  /** The first message of others behind this sequence has the line "new" above it. Undefined, or before what is held: there is no line. */
  newAfter?: number | undefined;
  /** Whether these are the rows of a thread. */
  inThread?: boolean;
}

/** What the list shows: the log's items and what was skipped between them, then what is still on its way, with the days between. */
export function buildRows({ items, skips, outbox, me, fromStart, seams, newAfter, inThread = false }: RowsInput): Row[] {
  const rows: Row[] = [];
  const confirmed = new Set<string>();
  // Clocks may step back; a day is announced once, when it is first reached.
  let day = fromStart ? 0 : (items[0]?.day ?? 0);
  let skipped = 0;
  let toldNew = false;
  const showSkips = (before: number): void => {
    for (; skipped < skips.length && skips[skipped]!.upTo < before; skipped++) {
      const skip = skips[skipped]!;
      rows.push({ kind: 'skip', key: `skip:${skip.upTo}`, skip });
    }
  };
  for (const item of items) {
    showSkips(item.sequence);
    if (item.day > day) {
      day = item.day;
      rows.push({ kind: 'day', key: `day:${day}`, at: item.at });
    }
    if (item.kind === 'notice') {
      rows.push({ kind: 'notice', key: `s:${item.sequence}`, notice: item });
      continue;
    }
    const mine = item.sender.id === me?.id;
    if (newAfter !== undefined && !toldNew && item.sequence > newAfter && !mine && !item.deleted) {
      toldNew = true;
      rows.push({ kind: 'new', key: 'new' });
    }
    if (mine && item.key !== undefined) confirmed.add(item.key);
    const starts = seams.has(item.sequence) || !continues(rows.at(-1), item.sender.id, item.at, me);
    rows.push({ kind: 'message', key: rowKey(item, mine), message: item, mine, starts, ends: true });
    closeGroup(rows, starts);
  }
  showSkips(Infinity);
  for (const post of outbox) {
    // What goes into a thread stands there.
    if (post.thread !== undefined && !inThread) continue;
    // Between the event and its leaving the outbox a message is in both; it is shown once.
    if (confirmed.has(post.key)) continue;
    if (dayOf(post.createdAt) > day) {
      day = dayOf(post.createdAt);
      rows.push({ kind: 'day', key: `day:${day}`, at: post.createdAt });
    }
    const starts = !continues(rows.at(-1), me?.id, post.createdAt, me);
    rows.push({ kind: 'pending', key: `k:${post.key}`, post, starts, ends: true });
    closeGroup(rows, starts);
  }
  return rows;
}

const rowKey = (message: Message, mine: boolean): string =>
  mine && message.key !== undefined ? `k:${message.key}` : `s:${message.sequence}`;

function continues(previous: Row | undefined, sender: string | undefined, at: number, me: User | undefined): boolean {
  if (previous?.kind === 'message') return previous.message.sender.id === sender && at - previous.message.at < GROUP_MS;
  return previous?.kind === 'pending' && sender === me?.id && at - previous.post.createdAt < GROUP_MS;
}

/** The row just added continues a group, so the one before it no longer ends it. */
function closeGroup(rows: Row[], starts: boolean): void {
  const previous = rows.at(-2);
  if (!starts && previous && 'ends' in previous) previous.ends = false;
}

/** The row of this sequence, or the last before it; 0 if there is none. */
export function indexOfSequence(rows: readonly Row[], sequence: number): number {
  let found = 0;
  rows.forEach((row, i) => {
    const at = row.kind === 'message' ? row.message.sequence : row.kind === 'notice' ? row.notice.sequence : undefined;
    if (at !== undefined && at <= sequence) found = i;
  });
  return found;
}

/** Guesses so far, by what they are of, for one width of the list. */
let guesses = new WeakMap<object, number>();
let guessedWidth = 0;

/** A guess of a row's height before it is measured: good guesses keep the scroll bar steady. Pixels. */
export function estimateHeight(row: Row, listWidth: number): number {
  if (row.kind === 'day') return 48;
  if (row.kind === 'notice') return 28;
  if (row.kind === 'new') return 32;
  if (row.kind === 'skip') return 36;
  if (listWidth !== guessedWidth) {
    guesses = new WeakMap();
    guessedWidth = listWidth;
  }
  // All rows are asked for whenever one of them changes, so what a text comes to is worth remembering.
  const said = row.kind === 'message' ? row.message : row.post;
  let height = guesses.get(said);
  if (height === undefined) guesses.set(said, (height = textHeight(said.text, listWidth)));
  return height + (row.starts ? 28 : 0);
}

function textHeight(text: string, listWidth: number): number {
  const perLine = Math.max(12, Math.min(listWidth - 110, 560) / 7.6);
  const lines = text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / perLine)), 0);
  return 16 + lines * 22;
}
