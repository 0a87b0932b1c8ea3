import type { SignIn } from 'hubbub-client';
import { useState } from 'preact/hooks';
import { useChanges } from '../hooks/use-changes';
import { useSession } from '../hooks/use-session';
import { follow } from '../hooks/use-route';
import { text } from '../texts';
import { ConnectionDialog } from './connection-dialog';
import { Directory } from './directory';
import { RoomForm } from './room-form';
import { RoomLinks } from './room-links';
import { Face } from './face';
import { Logo, SearchIcon, SettingsIcon } from './icons';
import { SettingsDialog } from './settings-dialog';

interface Props {
  current: string | undefined;
  /** Leaves this identity: a guest's for good. */
  onLeave: () => void;
  onSignedIn: (signedIn: SignIn) => void;
}

/** The left column, on a narrow screen a screen of its own: open a room, the rooms, and who one is. */
export function Sidebar({ current, onLeave, onSignedIn }: Props) {
  const session = useSession();
  useChanges(session.changes);
  useChanges(session.people.changes);
  const [open, setOpen] = useState<'settings' | 'connection' | 'directory'>();
  const isOnline = session.state === 'online';
  const { me } = session;
  const name = (me && session.people.of(me.id)?.name) ?? me?.name ?? session.identity.name;
  return (
    <nav class="sidebar" aria-label={text('rooms')}>
      {current && (
        <a class="skip" href="#composer">
          {text('rooms.skip')}
        </a>
      )}
      <a class="brand" href="/" onClick={(event) => follow(event, { page: 'rooms' })}>
        <Logo /> Hubbub
      </a>
      <RoomForm />
      <button type="button" class="browse" data-testid="open-directory" onClick={() => setOpen('directory')}>
        <SearchIcon />
        {text('directory')}
      </button>
      <RoomLinks current={current} />
      <div class="whoami">
        {me && <Face user={{ ...me, name }} />}
        <bdi class="whoami-name">{name}</bdi>
        <button
          type="button"
          class="bare"
          data-testid="open-connection"
          aria-label={text('connection')}
          title={text('connection')}
          onClick={() => setOpen('connection')}
        >
          <span class={`light${isOnline ? ' on' : ''}`} />
        </button>
        <button type="button" class="bare" data-testid="open-settings" aria-label={text('rooms.settings')} title={text('rooms.settings')} onClick={() => setOpen('settings')}>
          <SettingsIcon />
        </button>
      </div>
      {open === 'settings' && <SettingsDialog onClose={() => setOpen(undefined)} onLeave={onLeave} onSignedIn={onSignedIn} />}
      {open === 'directory' && <Directory onClose={() => setOpen(undefined)} />}
      {open === 'connection' && <ConnectionDialog onClose={() => setOpen(undefined)} />}
    </nav>
  );
}
