import type { PendingPost, User } from 'hubbub-client';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { RoomView } from '../live/room-view';
import type { Message } from '../model/conversation';
import { buildRows } from '../model/rows';
import { text } from '../texts';
import { Composer } from './composer';
import type { MessageAsks } from './message-row';
import { Panel } from './panel';
import { RowView } from './row-view';

interface Props {
  view: RoomView;
  /** The message that the thread is about, by its sequence. */
  root: number;
  me: User | undefined;
  roomName: string;
  keepsOrder: boolean;
  /** Why one may not write here; empty if one may. */
  cannotWrite: string;
  slowUntil: number | undefined;
  onPerson: (user: User) => void;
  onReport: ((message: Message) => void) | undefined;
  onClose: () => void;
}

const NO_SEAMS: ReadonlySet<number> = new Set();

/** The message a thread is about, its answers, and a field to add one. A thread is short enough to be drawn whole. */
export function ThreadPanel({ view, root, me, roomName, keepsOrder, cannotWrite, slowUntil, onPerson, onReport, onClose }: Props) {
  const [failed, setFailed] = useState(false);
  const [editing, setEditing] = useState<Message>();
  const field = useRef<HTMLTextAreaElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const asked = view.conversation.message(root);
  const { id } = asked ?? {};
  useEffect(() => {
    let isCurrent = true;
    setFailed(false);
    void view.loadThread(root).then((came) => isCurrent && setFailed(!came));
    return () => void (isCurrent = false);
  }, [view, root]);

  const items = [...(asked ? [asked] : []), ...view.conversation.threadOf(root)];
  const outbox: PendingPost[] = view.outbox.filter((post) => id !== undefined && post.thread === id);
  const rows = buildRows({ items, skips: [], outbox, me, fromStart: true, seams: NO_SEAMS, inThread: true });
  const last = rows.at(-1)?.key;
  useLayoutEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [last]);
  const asks: MessageAsks = { onEdit: setEditing, keepsOrder, onPerson, onReport };
  return (
    <Panel title={text('thread')} onClose={onClose} testId="thread">
      <div class="thread-list" ref={list} role="log" aria-live="off" aria-label={text('thread')} tabIndex={0}>
        {rows.map((row) => (
          <div class="row" key={row.key}>
            <RowView row={row} view={view} me={me} asks={asks} editing={editing?.sequence} lit={undefined} />
          </div>
        ))}
        {items.length <= 1 && !failed && <p class="notice">{text('thread.none')}</p>}
        {failed && <p class="notice">{text('messages.later.failed')}</p>}
      </div>
      {!view.ended && cannotWrite && <p class="ended">{cannotWrite}</p>}
      {!view.ended && !cannotWrite && id !== undefined && (
        <Composer
          key={editing ? `edit:${editing.sequence}` : `thread:${root}`}
          id="thread-composer"
          field={field}
          view={view}
          placeholder={text('thread.placeholder')}
          roomName={roomName}
          editing={editing}
          thread={id}
          slowUntil={slowUntil}
          onEditDone={() => setEditing(undefined)}
          onEdit={setEditing}
        />
      )}
    </Panel>
  );
}
