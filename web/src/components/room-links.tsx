import type { Room } from 'hubbub-client';
import { useChanges } from '../hooks/use-changes';
import { follow } from '../hooks/use-route';
import { useSession } from '../hooks/use-session';
import { pathOf } from '../model/route';
import { HashIcon, LockIcon } from './icons';

export function RoomLinks({ current }: { current: string | undefined }) {
  const { rooms } = useSession();
  useChanges(rooms.changes);
  return (
    <div class="room-links">
      <ul>
        {rooms.rooms.map((room) => (
          <RoomLink key={room.id} room={room} isCurrent={room.id === current} isUnread={rooms.isUnread(room)} />
        ))}
      </ul>
      {rooms.hasMore && (
        <button type="button" class="more" onClick={() => void rooms.showMore()}>
          More rooms
        </button>
      )}
      {rooms.loaded && rooms.rooms.length === 0 && <p class="quiet small">No rooms yet. Open the first one above.</p>}
      {rooms.failed && !rooms.loaded && <p class="quiet small">The rooms could not be listed. It is tried again on its own.</p>}
    </div>
  );
}

function RoomLink({ room, isCurrent, isUnread }: { room: Room; isCurrent: boolean; isUnread: boolean }) {
  const route = { page: 'room', roomId: room.id } as const;
  const showsDot = isUnread && !isCurrent;
  return (
    <li>
      <a
        class={`room-link${showsDot ? ' unread' : ''}`}
        data-testid="room-link"
        data-room={room.id}
        href={pathOf(route)}
        aria-current={isCurrent ? 'page' : undefined}
        onClick={(event) => follow(event, route)}
      >
        {room.visibility === 'private' ? <LockIcon /> : <HashIcon />}
        <bdi>{room.name}</bdi>
        {room.visibility === 'private' && <span class="hidden">(private)</span>}
        {showsDot && <span class="dot" role="img" aria-label="unread messages" />}
      </a>
    </li>
  );
}
