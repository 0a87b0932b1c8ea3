import type { User } from 'hubbub-client';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { END_THRESHOLD, useVirtualRows } from '../hooks/use-virtual-rows';
import type { RoomView } from '../live/room-view';
import type { Message } from '../model/conversation';
import { buildRows, type Row } from '../model/rows';
import { dayName } from '../model/time';
import { messagesAfter } from '../model/unseen';
import { HistoryStatus } from './history-status';
import { DownIcon } from './icons';
import { RowView } from './row-view';

interface Props {
  view: RoomView;
  me: User | undefined;
  isOwner: boolean;
  /** The sequence of the message that is being edited. */
  editing: number | undefined;
  onEdit: (message: Message) => void;
  /** Messages of others have come that nobody can have seen, or have now been seen. */
  onUnseen: (hasUnseen: boolean) => void;
}

/** History is asked for when fewer rows than this are left above. */
const ROWS_LEFT_ABOVE = 12;

const NO_ROWS: Row[] = [];

export function MessageList({ view, me, isOwner, editing, onEdit, onUnseen }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => rowsOf(view, me), [view, view.changes.count, me]);
  const virtualizer = useVirtualRows(rows, scroller);
  const drawn = virtualizer.getVirtualItems();
  const top = rows[virtualizer.range?.startIndex ?? 0];
  const topIndex = virtualizer.range?.startIndex ?? rows.length;
  const atEnd = virtualizer.isAtEnd(END_THRESHOLD);
  const unseen = useUnseen(view, atEnd, me);
  useEffect(() => onUnseen(unseen), [unseen]);

  useEffect(() => {
    if (view.loaded && view.history === 'more' && topIndex < ROWS_LEFT_ABOVE) void view.loadEarlier();
  });
  useOwnPostsInSight(rows, () => virtualizer.scrollToEnd());

  return (
    <div class="messages">
      <div
        ref={scroller}
        class="scroller"
        data-testid="message-list"
        role="log"
        aria-live="off"
        aria-label="Messages"
        aria-busy={!view.loaded}
        tabIndex={0}
      >
        <div class="rows" style={{ height: `${virtualizer.getTotalSize()}px` }}>
          <div class="rows-drawn" style={{ transform: `translateY(${drawn[0]?.start ?? 0}px)` }}>
            {drawn.map(({ key, index }) => (
              <div key={key} data-index={index} ref={virtualizer.measureElement} class="row">
                <RowView
                  row={rows[index]!}
                  view={view}
                  me={me}
                  isOwner={isOwner}
                  editing={editing}
                  onEdit={onEdit}
                />
              </div>
            ))}
          </div>
        </div>
      </div>
      <HistoryStatus view={view} isEmpty={rows.length === 0} isAtTop={topIndex < ROWS_LEFT_ABOVE} />
      {!atEnd && top && top.kind !== 'day' && view.history !== 'loading' && <p class="day-chip">{dayName(timeOf(top), Date.now())}</p>}
      {!atEnd && (
        <button
          type="button"
          class={`to-end${unseen ? ' primary' : ''}`}
          data-testid={unseen ? 'new-messages' : 'to-end'}
          onClick={() => virtualizer.scrollToEnd()}
        >
          {unseen ? 'New messages' : 'To the newest'} <DownIcon />
        </button>
      )}
    </div>
  );
}

function rowsOf(view: RoomView, me: User | undefined): Row[] {
  // The first page comes event by event; it is shown when it is whole.
  if (!view.loaded) return NO_ROWS;
  const { conversation, outbox, history, seams } = view;
  return buildRows({ items: conversation.items, skips: conversation.skips, outbox, me, fromStart: history === 'start', seams });
}

function timeOf(row: Row): number {
  if (row.kind === 'day') return row.at;
  if (row.kind === 'pending') return row.post.createdAt;
  if (row.kind === 'skip') return row.skip.at;
  return row.kind === 'notice' ? row.notice.at : row.message.at;
}

/** Whether messages of others have come below the edge of the screen, or behind one's back. At the end, and looked at, all is seen. */
function useUnseen(view: RoomView, atEnd: boolean, me: User | undefined): boolean {
  const [isVisible, setVisible] = useState(document.visibilityState === 'visible');
  useEffect(() => {
    const look = (): void => setVisible(document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);

  const { loaded } = view;
  const { items, last } = view.conversation;
  const seenUpTo = useRef<number | undefined>(undefined);
  if (!loaded) seenUpTo.current = undefined;
  else if ((atEnd && isVisible) || seenUpTo.current === undefined) seenUpTo.current = last;
  useEffect(() => {
    if (loaded && atEnd && isVisible) view.seen();
  }, [view, loaded, atEnd, isVisible, last]);
  return loaded && messagesAfter(items, seenUpTo.current ?? 0).some((message) => message.sender.id !== me?.id);
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
