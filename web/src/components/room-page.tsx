import type { Room } from 'hubbub-client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useChanges } from '../hooks/use-changes';
import { follow } from '../hooks/use-route';
import { useSession } from '../hooks/use-session';
import { endedSentence, type RoomView } from '../live/room-view';
import type { Message } from '../model/conversation';
import { Announcer } from './announcer';
import { Composer } from './composer';
import { MessageList } from './message-list';
import { RoomHeader } from './room-header';
import { TypingLine } from './typing-line';

/** One room: its name and links, the conversation, who is typing, and the field to write in. */
export function RoomPage({ roomId }: { roomId: string }) {
  const session = useSession();
  const [view, setView] = useState<RoomView>();
  const [hasUnseen, setUnseen] = useState(false);
  const [editing, setEditing] = useState<Message>();
  const composer = useRef<HTMLTextAreaElement>(null);
  useChanges(session.changes);
  useChanges(view?.changes);

  useEffect(() => {
    const opened = session.open(roomId);
    setView(opened);
    return () => opened.close();
  }, [session, roomId]);

  const room = useRoom(roomId, view);
  const name = view?.conversation.name?.text ?? room?.name ?? roomId;
  useEffect(() => {
    document.title = `${hasUnseen ? '• ' : ''}${name} – Hubbub`;
    return () => void (document.title = 'Hubbub');
  }, [name, hasUnseen]);

  // The message under the hand may be deleted elsewhere, or lost with the log's past.
  const edited = editing && view?.conversation.message(editing.sequence);
  const canStillEdit = edited !== undefined && !edited.deleted;
  useEffect(() => {
    if (editing && !canStillEdit) setEditing(undefined);
  }, [editing, canStillEdit]);

  if (!view) return <main class="pane" />;
  if (view.ended && view.conversation.items.length === 0) {
    return (
      <main class="pane pane-empty">
        <p class="ended" role="alert">
          {endedSentence(view.ended)}
        </p>
        <a class="button" href="/" onClick={(event) => follow(event, { page: 'rooms' })}>
          All rooms
        </a>
      </main>
    );
  }
  const startEditing = (message: Message): void => {
    setEditing(message);
    composer.current?.focus();
  };
  return (
    <main class="pane">
      <RoomHeader roomId={roomId} name={name} room={room} presence={view.presence} />
      <MessageList
        view={view}
        me={session.me}
        isOwner={room?.role === 'owner'}
        editing={editing?.sequence}
        onEdit={startEditing}
        onUnseen={setUnseen}
      />
      <Announcer view={view} me={session.me} />
      {view.ended ? (
        <p class="ended" role="alert">
          {endedSentence(view.ended)}
        </p>
      ) : (
        <>
          <TypingLine view={view} />
          <Composer
            key={editing ? `edit:${editing.sequence}` : 'new'}
            field={composer}
            view={view}
            editing={edited}
            onEditDone={() => setEditing(undefined)}
            onEdit={startEditing}
          />
        </>
      )}
    </main>
  );
}

/** What the server says of this room, once it is open; the list on the left may not reach as far as this one. */
function useRoom(roomId: string, view: RoomView | undefined): Room | undefined {
  const { hub, rooms } = useSession();
  const [asked, setAsked] = useState<Room>();
  useChanges(rooms.changes);
  const opened = view?.loaded === true;
  useEffect(() => {
    if (!opened) return;
    // Opening a room may have made it.
    if (!rooms.find(roomId)) void rooms.refresh();
    hub.api.room(roomId).then(setAsked, () => {});
  }, [hub, rooms, roomId, opened]);
  return rooms.find(roomId) ?? asked;
}
