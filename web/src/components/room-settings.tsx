import type { Room, RoomChange } from 'hubbub-client';
import { useState } from 'preact/hooks';
import { useSession } from '../hooks/use-session';
import { text, type TextKey } from '../texts';
import { InviteButton } from './invite-button';
import { TopicForm } from './topic-form';

const NAME_MAX = 64;

/** The seconds between two messages that can be chosen. */
const PACES: readonly (readonly [number, TextKey])[] = [
  [0, 'slow.none'],
  [5, 'slow.5s'],
  [30, 'slow.30s'],
  [60, 'slow.1min'],
  [300, 'slow.5min'],
  [3_600, 'slow.1h'],
];

interface Props {
  room: Room;
  name: string;
  topic: string;
  slowSeconds: number;
  isArchived: boolean;
}

/** What those who keep order may change about a room; its name, its archive and its invitations are its owners' affair. */
export function RoomSettings({ room, name, topic, slowSeconds, isArchived }: Props) {
  const { hub, rooms } = useSession();
  const [typed, setTyped] = useState(name);
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState('');
  const isOwner = room.role === 'owner';
  const change = async (wanted: RoomChange): Promise<void> => {
    setProblem('');
    try {
      rooms.add(await hub.api.change(room.id, wanted));
      setAsking(false);
    } catch (error) {
      setProblem(text('failed', error instanceof Error ? error.message : String(error)));
    }
  };
  return (
    <section class="setting" data-testid="room-settings">
      <h3>{text('room.settings')}</h3>
      {!isArchived && (
        <>
          {isOwner && (
            <form
              class="account-form"
              onSubmit={(event) => {
                event.preventDefault();
                if (typed.trim()) void change({ name: typed.trim() });
              }}
            >
              <label>
                {text('room.name')}
                <input type="text" data-testid="rename-input" dir="auto" maxLength={NAME_MAX} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
              </label>
              <p class="row-of-buttons">
                <button type="submit" data-testid="rename-save" disabled={!typed.trim() || typed.trim() === name}>
                  {text('save')}
                </button>
              </p>
            </form>
          )}
          <TopicForm key={topic} room={room} topic={topic} />
          <label class="account-form">
            {text('slow')}
            <select data-testid="slow-mode" value={slowSeconds} onChange={(event) => void change({ slowModeSeconds: Number(event.currentTarget.value) })}>
              {/* Set by something else than this page. */}
              {!PACES.some(([seconds]) => seconds === slowSeconds) && <option value={slowSeconds}>{text('slow.seconds', slowSeconds)}</option>}
              {PACES.map(([seconds, label]) => (
                <option key={seconds} value={seconds}>
                  {text(label)}
                </option>
              ))}
            </select>
          </label>
          {isOwner && (
            <>
              <InviteButton roomId={room.id} />
              <p class="quiet small">{text('room.invite.note')}</p>
            </>
          )}
        </>
      )}
      {isOwner &&
        (isArchived ? (
          <button type="button" data-testid="unarchive" onClick={() => void change({ archived: false })}>
            {text('room.unarchive')}
          </button>
        ) : asking ? (
          <>
            <p class="small">{text('room.archive.note')}</p>
            <p class="row-of-buttons">
              <button type="button" class="danger" data-testid="archive-confirm" onClick={() => void change({ archived: true })}>
                {text('room.archive')}
              </button>
              <button type="button" onClick={() => setAsking(false)}>
                {text('cancel')}
              </button>
            </p>
          </>
        ) : (
          <button type="button" class="danger" data-testid="archive" onClick={() => setAsking(true)}>
            {text('room.archive')}
          </button>
        ))}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}
