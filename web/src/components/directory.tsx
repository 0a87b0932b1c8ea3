import type { Room } from 'hubbub-client';
import { useEffect, useState } from 'preact/hooks';
import { navigate } from '../hooks/use-route';
import { useSession } from '../hooks/use-session';
import { pathOf } from '../model/route';
import { text } from '../texts';
import { Dialog } from './dialog';

const PAGE = 30;
const QUERY_MAX = 64;
/** The server is asked when the typing has paused for this long. */
const PAUSE_MS = 200;

interface Found {
  rooms: Room[];
  next: string | null;
  asked: string;
}

/** All rooms that are open to everybody, by a part of their name. */
export function Directory({ onClose }: { onClose: () => void }) {
  const { hub } = useSession();
  const [typed, setTyped] = useState('');
  const [found, setFound] = useState<Found>();
  const [failed, setFailed] = useState(false);
  const asked = typed.trim();

  const ask = async (after?: string): Promise<Found> => {
    const answer = await hub.api.rooms({ limit: PAGE, ...(asked ? { q: asked } : {}), ...(after ? { after } : {}) });
    return { rooms: answer.rooms.filter((room) => room.visibility === 'public'), next: answer.next, asked };
  };
  useEffect(() => {
    let isCurrent = true;
    const timer = setTimeout(
      () => {
        ask().then(
          (answer) => {
            if (!isCurrent) return;
            setFound(answer);
            setFailed(false);
          },
          () => isCurrent && setFailed(true),
        );
      },
      asked === '' ? 0 : PAUSE_MS,
    );
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [hub, asked]);
  const more = (): void => {
    if (!found?.next) return;
    ask(found.next).then(
      (answer) => setFound((held) => (held?.asked === answer.asked ? { ...answer, rooms: [...held.rooms, ...answer.rooms] } : held)),
      () => setFailed(true),
    );
  };
  const go = (event: MouseEvent, room: Room): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    onClose();
    navigate({ page: 'room', roomId: room.id });
  };
  return (
    <Dialog title={text('directory')} onClose={onClose} testId="directory">
      <input
        type="search"
        autofocus
        data-testid="directory-input"
        aria-label={text('directory.search')}
        placeholder={text('directory.search')}
        maxLength={QUERY_MAX}
        autocomplete="off"
        dir="auto"
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <p class="quiet small" role="status">
        {failed ? text('rooms.failed') : found === undefined ? text('loading') : found.rooms.length === 0 ? text('switcher.none') : ''}
      </p>
      <ul class="results" data-testid="directory-rooms">
        {found?.rooms.map((room) => (
          <li key={room.id}>
            <a href={pathOf({ page: 'room', roomId: room.id })} data-room={room.id} onClick={(event) => go(event, room)}>
              <span class="result-head">
                <bdi>{room.name}</bdi>
                {room.role && <span class="quiet small">{text(`role.${room.role}`)}</span>}
                {room.archived && <span class="quiet small">{text('directory.archived')}</span>}
              </span>
              {room.topic && (
                <span class="quiet small result-text" dir="auto">
                  {room.topic}
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
      {found?.next && (
        <button type="button" class="more" onClick={more}>
          {text('rooms.more')}
        </button>
      )}
    </Dialog>
  );
}
