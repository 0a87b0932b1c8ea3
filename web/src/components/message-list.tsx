import type { User } from 'hubbub-client';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { END_THRESHOLD, useVirtualRows, type RowVirtualizer } from '../hooks/use-virtual-rows';
import { useAttention } from '../hooks/use-attention';
import { useSession } from '../hooks/use-session';
import type { RoomView, Target } from '../live/room-view';
import { isDirectId } from '../model/direct';
import { buildRows, indexOfSequence, type Row } from '../model/rows';
import { dayName } from '../model/time';
import { messagesAfter } from '../model/unseen';
import { text } from '../texts';
import { HistoryStatus } from './history-status';
import { DownIcon } from './icons';
import type { MessageAsks } from './message-row';
import { RowGuard } from './row-guard';
import { RowView } from './row-view';

interface Props {
  view: RoomView;
  me: User | undefined;
  asks: MessageAsks;
  /** The sequence of the message that is being edited. */
  editing: number | undefined;
}

/** More of the log is asked for when fewer rows than this are left above, or below. */
const ROWS_LEFT = 12;

/** How long a message that one was led to stays lit. */
const LIT_MS = 2_500;

const NO_ROWS: Row[] = [];

export function MessageList({ view, me, asks, editing }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => rowsOf(view, me), [view, view.changes.count, me]);
  const virtualizer = useVirtualRows(rows, scroller, view.isLive);
  const drawn = virtualizer.getVirtualItems();
  const topIndex = virtualizer.range?.startIndex ?? rows.length;
  const bottomIndex = virtualizer.range?.endIndex ?? -1;
  const top = rows[topIndex] ?? rows[0];
  const atEnd = view.isLive && virtualizer.isAtEnd(END_THRESHOLD);
  view.isAtEnd = atEnd;
  const { lit, isThere } = useTarget(view, rows, virtualizer);
  const unseen = useUnseen(view, rows, bottomIndex, atEnd, isThere, me);
  useReturnToEnd(view, virtualizer);

  useEffect(() => {
    if (!view.loaded) return;
    if (view.history === 'more' && topIndex < ROWS_LEFT) void view.loadEarlier();
    if (view.later === 'more' && bottomIndex >= rows.length - ROWS_LEFT) void view.loadLater();
  });
  useOwnPostsInSight(rows, () => virtualizer.scrollToEnd());

  const toEnd = (): void => {
    view.showLive();
    virtualizer.scrollToEnd();
  };
  return (
    <div class="messages">
      <div
        ref={scroller}
        class="scroller"
        data-testid="message-list"
        role="log"
        aria-live="off"
        aria-label={text('messages')}
        aria-busy={!view.loaded}
        tabIndex={0}
        onKeyDown={(event) => walk(event, scroller.current!)}
      >
        <div class="rows" style={{ height: `${virtualizer.getTotalSize()}px` }}>
          {/* Each at its own place, in whole pixels: the fractions of their heights would add up. */}
          {drawn.map(({ key, index, start }) => (
            <div key={key} data-index={index} ref={virtualizer.measureElement} class="row-place" style={{ transform: `translateY(${start}px)` }}>
              <div class="row">
                <RowGuard>
                  <RowView row={rows[index]!} view={view} me={me} asks={asks} editing={editing} lit={lit} />
                </RowGuard>
              </div>
            </div>
          ))}
        </div>
      </div>
      <HistoryStatus view={view} isEmpty={rows.length === 0} isAtTop={topIndex < ROWS_LEFT} />
      {!atEnd && top && top.kind !== 'day' && view.history !== 'loading' && <p class="day-chip">{dayName(timeOf(top), Date.now())}</p>}
      {view.later === 'failed' && bottomIndex >= rows.length - ROWS_LEFT && (
        <p class="history-chip later">
          {text('messages.later.failed')}{' '}
          <button type="button" onClick={() => void view.loadLater()}>
            {text('tryAgain')}
          </button>
        </p>
      )}
      {view.loaded && !atEnd && (
        <button type="button" class={`to-end${unseen > 0 ? ' primary' : ''}`} data-testid={unseen > 0 ? 'new-messages' : 'to-end'} onClick={toEnd}>
          {unseen > 0 ? text('messages.newCount', unseen) : text('messages.toEnd')} <DownIcon />
        </button>
      )}
    </div>
  );
}

function rowsOf(view: RoomView, me: User | undefined): Row[] {
  // The first page comes event by event; it is shown when it is whole.
  if (!view.loaded) return NO_ROWS;
  const { conversation, history, newAfter, isLive } = view;
  return buildRows({
    // How a direct room was made says nothing to those who are in it.
    items: isDirectId(view.id) ? conversation.items.filter((item) => item.kind !== 'notice') : conversation.items,
    skips: conversation.skips,
    // What is on its way comes after the live end.
    outbox: isLive ? view.outbox : [],
    me,
    fromStart: history === 'start',
    seams: conversation.seams,
    newAfter: newAfter !== undefined && conversation.first <= newAfter + 1 ? newAfter : undefined,
  });
}

function timeOf(row: Row): number {
  switch (row.kind) {
    case 'day':
      return row.at;
    case 'pending':
      return row.post.createdAt;
    case 'skip':
      return row.skip.at;
    case 'notice':
      return row.notice.at;
    case 'message':
      return row.message.at;
    case 'new':
      return Date.now();
  }
}

/**
 * How many messages of others have come that nobody can have seen. Seen is what is on the screen while the page is visible and has
 * the focus; that moves the read mark.
 */
function useUnseen(view: RoomView, rows: readonly Row[], bottomIndex: number, atEnd: boolean, isThere: boolean, me: User | undefined): number {
  const session = useSession();
  const isLookedAt = useAttention();
  const isAttended = isLookedAt && isThere;
  useEffect(() => session.attend(isLookedAt ? view.id : undefined), [session, isLookedAt, view.id]);
  const { loaded, live } = view;
  const seenUpTo = useRef<number | undefined>(undefined);
  const onScreen = atEnd ? live.last : lowestSequence(rows, bottomIndex);
  if (!loaded) seenUpTo.current = undefined;
  // What was new when the room was opened has not been seen yet, and everything before it has.
  else if (seenUpTo.current === undefined) seenUpTo.current = view.newAfter ?? live.last;
  if (loaded && isAttended && onScreen > (seenUpTo.current ?? 0)) seenUpTo.current = onScreen;

  const seen = seenUpTo.current ?? 0;
  useEffect(() => {
    if (loaded && isAttended && onScreen > 0) view.seen(atEnd ? undefined : onScreen);
  }, [view, loaded, isAttended, atEnd, onScreen]);
  const held = loaded ? messagesAfter(live.items, seen).filter((message) => message.sender.id !== me?.id && !message.deleted).length : 0;
  useEffect(() => {
    if (held > 0 && (!isAttended || !atEnd)) view.unseenAfter(seen);
  }, [view, held > 0, isAttended, atEnd]);
  // Between a stretch of the past and the live end lies what is not held; it is counted by its events.
  return seen > 0 && seen + 1 < live.first ? held + live.first - 1 - seen : held;
}

/** The sequence of the lowest row on the screen that has one. */
function lowestSequence(rows: readonly Row[], bottomIndex: number): number {
  for (let i = Math.min(bottomIndex, rows.length - 1); i >= 0; i--) {
    const row = rows[i]!;
    if (row.kind === 'message') return row.message.sequence;
    if (row.kind === 'notice') return row.notice.sequence;
  }
  return 0;
}

/** Scrolls to where the view wants to be seen, and lights the message for a moment. */
function useTarget(view: RoomView, rows: readonly Row[], virtualizer: RowVirtualizer): { lit: number | undefined; isThere: boolean } {
  const reached = useRef<Target | undefined>(undefined);
  const [lit, setLit] = useState<number>();
  const [arrived, setArrived] = useState<Target>();
  const { target } = view;
  useLayoutEffect(() => {
    if (!target || reached.current === target || rows.length === 0) return;
    reached.current = target;
    const index = indexOfSequence(rows, target.sequence);
    // The line "new" stands right above its message, and something of what was read before is left in sight.
    if (target.as === 'new') virtualizer.scrollToIndex(Math.max(0, index - 3), { align: 'start' });
    else {
      virtualizer.scrollToIndex(index, { align: 'center' });
      setLit(target.sequence);
    }
    // The list knows where it is when it has heard of its own scrolling; until then nothing counts as seen.
    requestAnimationFrame(() => requestAnimationFrame(() => setArrived(target)));
  }, [target, rows]);
  useEffect(() => {
    if (lit === undefined) return;
    const timer = setTimeout(() => setLit(undefined), LIT_MS);
    return () => clearTimeout(timer);
  }, [lit]);
  return { lit, isThere: target === undefined || arrived === target };
}

/** From the past back to the live end: there the end is wanted. */
function useReturnToEnd(view: RoomView, virtualizer: RowVirtualizer): void {
  const was = useRef(view.conversation);
  useLayoutEffect(() => {
    const isOther = was.current !== view.conversation;
    was.current = view.conversation;
    if (isOther && view.isLive && view.loaded && !view.target) virtualizer.scrollToEnd();
  });
}

/** Whoever writes wants to see it, wherever they have scrolled. */
function useOwnPostsInSight(rows: readonly Row[], showEnd: () => void): void {
  const newest = rows.at(-1);
  const posted = newest?.kind === 'pending' ? newest.post : undefined;
  const shown = useRef(posted?.key);
  useLayoutEffect(() => {
    if (posted && posted.key !== shown.current) showEnd();
    shown.current = posted?.key;
  }, [posted?.key]);
}

/** The arrow keys lead from message to message, where each one's buttons are; Escape leads back to the field. */
function walk(event: KeyboardEvent, scroller: HTMLElement): void {
  if (event.defaultPrevented || !(event.target instanceof HTMLElement)) return;
  const here = event.target.closest('article');
  if (event.key === 'Escape') {
    event.preventDefault();
    document.getElementById('composer')?.focus();
  } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
    const all = [...scroller.querySelectorAll<HTMLElement>('article')];
    const edge = scroller.getBoundingClientRect();
    const visible = all.filter((article) => article.getBoundingClientRect().top < edge.bottom - 8);
    const next = here ? all[all.indexOf(here) + (event.key === 'ArrowUp' ? -1 : 1)] : event.key === 'ArrowUp' ? visible.at(-1) : undefined;
    if (!next) return;
    event.preventDefault();
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: 'nearest' });
  }
}
