import type { Room } from 'hubbub-client';
import { useChanges } from '../hooks/use-changes';
import { follow } from '../hooks/use-route';
import { useSession } from '../hooks/use-session';
import { otherOf } from '../model/direct';
import { sectionsOf } from '../model/sections';
import { pathOf } from '../model/route';
import { digits, text } from '../texts';
import { Face } from './face';
import { HashIcon, LockIcon, PeopleIcon } from './icons';

/** The rooms in their sections: direct ones, one's own, and those that are open to everyone. */
export function RoomLinks({ current }: { current: string | undefined }) {
  const { rooms } = useSession();
  useChanges(rooms.changes);
  const sections = sectionsOf(rooms.rooms, (room) => rooms.markOf(room) !== null || room.id === current);
  return (
    <div class="room-links">
      {sections.map(({ kind, rooms: listed }) => (
        <section key={kind} aria-labelledby={`rooms-${kind}`} data-section={kind}>
          <h2 id={`rooms-${kind}`}>{text(`rooms.section.${kind}`)}</h2>
          <ul>
            {listed.map((room) => (
              <RoomLink key={room.id} room={room} isCurrent={room.id === current} />
            ))}
          </ul>
        </section>
      ))}
      {rooms.hasMore && (
        <button type="button" class="more" onClick={() => void rooms.showMore()}>
          {text('rooms.more')}
        </button>
      )}
      {rooms.loaded && rooms.rooms.length === 0 && <p class="quiet small">{text('rooms.none')}</p>}
      {rooms.failed && !rooms.loaded && <p class="quiet small">{text('rooms.failed')}</p>}
    </div>
  );
}

function RoomLink({ room, isCurrent }: { room: Room; isCurrent: boolean }) {
  const { rooms, levels, people, me } = useSession();
  useChanges(people.changes);
  const other = otherOf(room, me);
  const route = { page: 'room', roomId: room.id } as const;
  const { isUnread, mentions } = rooms.waiting(room);
  const isMuted = levels.of(room.id) === 'none';
  const calls = isUnread && !isMuted;
  return (
    <li>
      <a
        class={`room-link${calls ? ' unread' : ''}${isMuted ? ' muted' : ''}`}
        data-testid="room-link"
        data-room={room.id}
        href={pathOf(route)}
        aria-current={isCurrent ? 'page' : undefined}
        onClick={(event) => follow(event, route)}
      >
        {other ? <Face user={other} isHere={people.of(other.id)?.present === true} /> : room.direct ? <PeopleIcon /> : room.visibility === 'private' ? <LockIcon /> : <HashIcon />}
        <bdi>{room.name}</bdi>
        {room.visibility === 'private' && !room.direct && <span class="hidden">{text('private')}</span>}
        {isMuted && <span class="hidden">{text('rooms.muted')}</span>}
        {mentions > 0 ? (
          <span class="badge" data-testid="mentions">
            <span aria-hidden="true">{digits(mentions)}</span>
            <span class="hidden">{text('rooms.mentions', mentions)}</span>
          </span>
        ) : (
          calls && <span class="dot" role="img" aria-label={text('rooms.unread')} />
        )}
      </a>
    </li>
  );
}
