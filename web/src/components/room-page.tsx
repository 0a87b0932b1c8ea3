import type { Room, User } from 'hubbub-client';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useChanges } from '../hooks/use-changes';
import { useLeft } from '../hooks/use-left';
import { follow, navigate } from '../hooks/use-route';
import { useSession } from '../hooks/use-session';
import { FILES_MAX } from '../live/attachments';
import { Members } from '../live/members';
import { ReportList } from '../live/report-list';
import { endedSentence, type RoomView } from '../live/room-view';
import type { Message } from '../model/conversation';
import { isDirectId, otherOf } from '../model/direct';
import { timeOfDay } from '../model/time';
import { text } from '../texts';
import { Announcer } from './announcer';
import { Composer } from './composer';
import { DetailsPanel } from './details-panel';
import { MessageList } from './message-list';
import type { MessageAsks } from './message-row';
import { PersonCard } from './person-card';
import { PinsPanel } from './pins-panel';
import { ReportDialog } from './report-dialog';
import { RoomHeader } from './room-header';
import { SearchPanel } from './search-panel';
import { ThreadPanel } from './thread-panel';
import { TypingLine } from './typing-line';

/** One room: its name and links, the conversation, who is typing, the field to write in; and beside it what one wants to see beside it. */
export function RoomPage({ roomId, message }: { roomId: string; message: number | undefined }) {
  const session = useSession();
  const [view, setView] = useState<RoomView>();
  const [editing, setEditing] = useState<Message>();
  const [replyTo, setReplyTo] = useState<Message>();
  const [panel, setPanel] = useState<{ kind: 'details' | 'pins' | 'search' } | { kind: 'thread'; root: number }>();
  const [dropping, setDropping] = useState(false);
  const [person, setPerson] = useState<User>();
  const [reporting, setReporting] = useState<Message>();
  const composer = useRef<HTMLTextAreaElement>(null);
  useChanges(session.changes);
  useChanges(session.people.changes);
  useChanges(view?.changes);

  useEffect(() => {
    const opened = session.open(roomId);
    setView(opened);
    return () => session.close(opened);
  }, [session, roomId]);

  const members = useMemo(() => new Members(session.hub.api, roomId), [session, roomId]);
  const room = useRoom(roomId, view);
  const reports = useReports(roomId, room?.role === 'owner' || room?.role === 'moderator');
  const mutedUntil = view?.standing.mutedUntil(session.me?.id, Date.now());
  const isMuted = useLeft(mutedUntil) > 0;
  // A direct room is called by the others' names, which the server knows and the log does not.
  const name = isDirectId(roomId) ? (room?.name ?? '') : (view?.conversation.name?.text ?? room?.name ?? roomId);
  useEffect(() => session.title.showRoom(name), [session, name]);
  useLinkedMessage(view, roomId, message);

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
        <h1 class="hidden">{roomId}</h1>
        <p class="ended" role="alert">
          {endedSentence(view.ended)}
        </p>
        <a class="button" href="/" onClick={(event) => follow(event, { page: 'rooms' })}>
          {text('rooms.all')}
        </a>
      </main>
    );
  }
  const startEditing = (message: Message): void => {
    setEditing(message);
    composer.current?.focus();
  };
  const startReply = (message: Message): void => {
    setEditing(undefined);
    setReplyTo(message);
    composer.current?.focus();
  };
  const role = room?.role;
  const keepsOrder = role === 'owner' || role === 'moderator';
  const isArchived = view.standing.archived ?? room?.archived === true;
  const other = otherOf(room, session.me);
  const cannotWrite = other && session.people.isBlocked(other.id) ? text('direct.blocked') : isArchived ? text('room.archived') : role === 'reader' ? text('room.readOnly') : isMuted ? text('room.muted', timeOfDay(mutedUntil!)) : '';
  const mayWrite = !view.ended && !cannotWrite;
  const slowSeconds = view.standing.slowSeconds ?? room?.slowModeSeconds ?? 0;
  const slowUntil = slowSeconds > 0 && !keepsOrder ? lastSaidAt(view) + slowSeconds * 1000 : undefined;
  const topic = view.live.topic?.text ?? room?.topic ?? '';
  const toggle = (kind: 'details' | 'pins' | 'search'): void => setPanel(panel?.kind === kind ? undefined : { kind });
  const canDrop = mayWrite && !edited;
  const dropHandlers = canDrop
    ? {
        onDragOver: (event: DragEvent) => {
          if (!event.dataTransfer?.types.includes('Files')) return;
          event.preventDefault();
          setDropping(true);
        },
        onDragLeave: (event: DragEvent) => {
          if (!(event.relatedTarget instanceof Node && (event.currentTarget as Node).contains(event.relatedTarget))) setDropping(false);
        },
        onDrop: (event: DragEvent) => {
          setDropping(false);
          if (!event.dataTransfer?.files.length) return;
          event.preventDefault();
          if (!session.attachments.of(roomId, roomId).add(event.dataTransfer.files)) session.toast.show(text('file.tooMany', FILES_MAX));
        },
      }
    : {};
  const onReport = room && !room.direct ? setReporting : undefined;
  const asks: MessageAsks = {
    onEdit: startEditing,
    onReply: view.acts && mayWrite ? startReply : undefined,
    onThread: view.acts && ((message) => setPanel({ kind: 'thread', root: message.sequence })),
    keepsOrder,
    onPerson: setPerson,
    onReport,
  };
  return (
    <>
      <main class={dropping ? 'pane dropping' : 'pane'} {...dropHandlers}>
        {dropping && <p class="drop-here">{text('file.drop', name)}</p>}
        <RoomHeader
          roomId={roomId}
          name={name}
          room={room}
          presence={view.presence}
          topic={topic}
          reports={reports?.waiting.length ?? 0}
          shows={panel?.kind}
          onToggle={toggle}
        />
        <MessageList view={view} me={session.me} asks={asks} editing={editing?.sequence} />
        <Announcer view={view} me={session.me} />
        {view.ended ? (
          <p class="ended" role="alert">
            {endedSentence(view.ended)}
          </p>
        ) : !mayWrite ? (
          <p class="ended" data-testid="cannot-write">
            {cannotWrite}
          </p>
        ) : (
          <>
            <TypingLine view={view} />
            <Composer
              key={editing ? `edit:${editing.sequence}` : 'new'}
              field={composer}
              view={view}
              roomName={name}
              slowUntil={slowUntil}
              editing={edited}
              onEditDone={() => setEditing(undefined)}
              onEdit={startEditing}
              replyTo={replyTo}
              onReplyDone={() => setReplyTo(undefined)}
            />
          </>
        )}
      </main>
      {panel?.kind === 'details' && (
        <DetailsPanel
          room={room}
          name={name}
          topic={topic}
          slowSeconds={slowSeconds}
          isArchived={isArchived}
          presence={view.presence}
          members={members}
          reports={reports}
          membersChanged={view.standing.membersChanged}
          onPerson={setPerson}
          onClose={() => setPanel(undefined)}
        />
      )}
      {panel?.kind === 'search' && <SearchPanel roomId={roomId} onClose={() => setPanel(undefined)} />}
      {panel?.kind === 'pins' && <PinsPanel view={view} keepsOrder={keepsOrder} onClose={() => setPanel(undefined)} />}
      {panel?.kind === 'thread' && (
        <ThreadPanel
          key={panel.root}
          view={view}
          root={panel.root}
          me={session.me}
          roomName={name}
          keepsOrder={keepsOrder}
          cannotWrite={cannotWrite}
          slowUntil={slowUntil}
          onPerson={setPerson}
          onReport={onReport}
          onClose={() => setPanel(undefined)}
        />
      )}
      {reporting && <ReportDialog roomId={roomId} message={reporting} onClose={() => setReporting(undefined)} />}
      {person && <PersonCard user={person} room={room && { ...room, archived: isArchived }} view={view} members={members} onClose={() => setPerson(undefined)} />}
    </>
  );
}

/** What waits for who keeps order here; undefined for everybody else. */
function useReports(roomId: string, keepsOrder: boolean): ReportList | undefined {
  const { hub } = useSession();
  const list = useMemo(() => (keepsOrder ? new ReportList(hub.api, roomId) : undefined), [hub, roomId, keepsOrder]);
  useChanges(list?.changes);
  useEffect(() => {
    list?.start();
    return () => list?.stop();
  }, [list]);
  return list;
}

/** When one's newest message was said, on its way or stored; milliseconds since 1970. */
const lastSaidAt = (view: RoomView): number => Math.max(view.standing.lastOwnAt, ...view.outbox.filter((post) => post.state !== 'failed').map((post) => post.createdAt));

/** The message that the address names is shown once the room is open; then the address is the room's again. */
function useLinkedMessage(view: RoomView | undefined, roomId: string, message: number | undefined): void {
  const { toast } = useSession();
  const opened = view?.loaded === true;
  useEffect(() => {
    if (!view || !opened || message === undefined) return;
    void view.jumpTo(message).then((found) => {
      if (!found) toast.show(text('messages.gone'));
      navigate({ page: 'room', roomId }, { replace: true });
    });
  }, [view, opened, message]);
}

/** What the server says of this room, once it is open; the list on the left may not reach as far as this one. */
function useRoom(roomId: string, view: RoomView | undefined): Room | undefined {
  const { hub, rooms } = useSession();
  const [asked, setAsked] = useState<Room>();
  useChanges(rooms.changes);
  const opened = view?.loaded === true;
  const ownChanged = view?.standing.ownChanged ?? 0;
  useEffect(() => {
    if (!opened) return;
    // Opening a room may have made it.
    if (!rooms.find(roomId)) void rooms.refresh();
    hub.api.room(roomId).then(
      (answer) => {
        setAsked(answer);
        if (rooms.find(roomId)) rooms.add(answer);
      },
      () => {},
    );
  }, [hub, rooms, roomId, opened, ownChanged]);
  return rooms.find(roomId) ?? asked;
}
