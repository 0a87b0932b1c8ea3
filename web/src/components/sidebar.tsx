import { useState } from 'preact/hooks';
import { useChanges } from '../hooks/use-changes';
import { useSession } from '../hooks/use-session';
import { follow } from '../hooks/use-route';
import { RoomForm } from './room-form';
import { RoomLinks } from './room-links';
import { Face } from './face';
import { Logo } from './icons';

/** The left column, on a narrow screen a screen of its own: open a room, the rooms, and who one is. */
export function Sidebar({ current, onChangeName }: { current: string | undefined; onChangeName: () => void }) {
  const session = useSession();
  useChanges(session.changes);
  const [asking, setAsking] = useState(false);
  const me = session.me ?? { id: session.name, name: session.name };
  return (
    <nav class="sidebar" aria-label="Rooms">
      {current && (
        <a class="skip" href="#composer">
          Skip to the message field
        </a>
      )}
      <a class="brand" href="/" onClick={(event) => follow(event, { page: 'rooms' })}>
        <Logo /> Hubbub
      </a>
      <RoomForm />
      <RoomLinks current={current} />
      <div class="whoami">
        <Face user={me} />
        <bdi class="whoami-name">{me.name}</bdi>
        {asking ? (
          <span
            class="confirm"
            onKeyDown={(event) => {
              if (event.key === 'Escape') setAsking(false);
            }}
          >
            <button type="button" class="danger" onClick={onChangeName}>
              Become someone new
            </button>
            <button type="button" autofocus onClick={() => setAsking(false)}>
              Stay
            </button>
          </span>
        ) : (
          <button type="button" onClick={() => setAsking(true)}>
            Change name
          </button>
        )}
      </div>
      {asking && <p class="quiet small whoami-note">A guest’s name is for good. Another name is another person, who cannot edit what you wrote.</p>}
    </nav>
  );
}
