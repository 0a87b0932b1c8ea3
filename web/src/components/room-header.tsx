import type { Presence, Room } from 'hubbub-client';
import { follow } from '../hooks/use-route';
import { useSession } from '../hooks/use-session';
import { copyText } from '../live/copy-text';
import { hereSentence } from '../model/here';
import { pathOf } from '../model/route';
import { digits, text } from '../texts';
import { BackIcon, LinkIcon, LockIcon, PeopleIcon, PinIcon, SearchIcon } from './icons';
import { Said } from './said';

interface Props {
  roomId: string;
  name: string;
  room: Room | undefined;
  presence: Presence | undefined;
  topic: string;
  /** How many reports wait, for those who keep order. */
  reports: number;
  shows: string | undefined;
  onToggle: (panel: 'details' | 'pins' | 'search') => void;
}

export function RoomHeader({ roomId, name, room, presence, topic, reports, shows, onToggle }: Props) {
  const { toast, me } = useSession();
  const isPrivate = room?.visibility === 'private' && !room.direct;
  const copyLink = async (): Promise<void> => {
    const link = location.origin + pathOf({ page: 'room', roomId });
    toast.show((await copyText(link)) ? text('room.copyLink.done') : link);
  };
  return (
    <header class="room-header">
      <a class="button bare back" href="/" aria-label={text('rooms.all')} onClick={(event) => follow(event, { page: 'rooms' })}>
        <BackIcon />
      </a>
      <div class="room-title">
        <h1>
          {isPrivate && <LockIcon />}
          <bdi>{name}</bdi>
          {isPrivate && <span class="hidden">{text('private')}</span>}
        </h1>
        <p class="here" data-testid="here">
          {topic && (
            <>
              <bdi data-testid="topic">{topic}</bdi>
              {presence && ' · '}
            </>
          )}
          {presence && <Said phrase={hereSentence(presence, me?.id)} />}
        </p>
      </div>
      <button type="button" class="bare" data-testid="copy-link" aria-label={text('room.copyLink')} title={text('room.copyLink')} onClick={() => void copyLink()}>
        <LinkIcon />
      </button>
      <button
        type="button"
        class="bare"
        data-testid="show-search"
        aria-label={text('search')}
        title={text('search')}
        aria-expanded={shows === 'search'}
        onClick={() => onToggle('search')}
      >
        <SearchIcon />
      </button>
      <button
        type="button"
        class="bare"
        data-testid="show-pins"
        aria-label={text('pins')}
        title={text('pins')}
        aria-expanded={shows === 'pins'}
        onClick={() => onToggle('pins')}
      >
        <PinIcon />
      </button>
      <button
        type="button"
        class="bare with-badge"
        data-testid="show-details"
        aria-label={reports > 0 ? `${text('room.details')}, ${text('reports.waiting', reports)}` : text('room.details')}
        title={text('room.details')}
        aria-expanded={shows === 'details'}
        onClick={() => onToggle('details')}
      >
        <PeopleIcon />
        {reports > 0 && (
          <span class="badge" data-testid="reports-waiting" aria-hidden="true">
            {digits(reports)}
          </span>
        )}
      </button>
    </header>
  );
}
