import type { Presence, Room } from 'hubbub-client';
import { useChanges } from '../hooks/use-changes';
import { useSession } from '../hooks/use-session';
import type { NotifyLevel } from '../live/notify-levels';
import { dateOf } from '../model/time';
import { text } from '../texts';
import { Choice } from './choice';
import { Face } from './face';
import { InviteButton } from './invite-button';
import { Panel } from './panel';
import { TopicForm } from './topic-form';

/** More people than this are counted and not named. */
const NAMED_MAX = 100;

interface Props {
  room: Room | undefined;
  topic: string;
  presence: Presence | undefined;
  onClose: () => void;
}

/** What a room is, and who is in it now. */
export function DetailsPanel({ room, topic, presence, onClose }: Props) {
  return (
    <Panel title={text('room.details')} onClose={onClose} testId="details">
      <div class="panel-body">
        {room && <About room={room} />}
        {room && (room.role === 'owner' || room.role === 'moderator') && <TopicForm key={topic} room={room} topic={topic} />}
        {room && <NotifyChoice roomId={room.id} />}
        {presence && <Here presence={presence} />}
      </div>
    </Panel>
  );
}

function About({ room }: { room: Room }) {
  return (
    <section class="setting">
      <p>{text(room.visibility === 'private' ? 'details.visibility.private' : 'details.visibility.public')}</p>
      {room.role && <p class="quiet">{text('details.role', text(`role.${room.role}`))}</p>}
      <p class="quiet">{text('details.created', dateOf(Date.parse(room.createdAt)))}</p>
      {room.visibility === 'private' && room.role === 'owner' && <InviteButton roomId={room.id} />}
    </section>
  );
}

function NotifyChoice({ roomId }: { roomId: string }) {
  const { levels } = useSession();
  useChanges(levels.changes);
  return (
    <Choice
      label={text('details.notify')}
      name="notify"
      value={levels.of(roomId)}
      options={(['all', 'mentions', 'none'] as const).map((level) => [level, text(`details.notify.${level}`)])}
      onChoose={(level: NotifyLevel) => levels.choose(roomId, level)}
    />
  );
}

function Here({ presence }: { presence: Presence }) {
  const { me } = useSession();
  const named = presence.users.slice(0, NAMED_MAX);
  const more = presence.count - named.length;
  return (
    <section class="setting">
      <h3>
        {text('details.here')} <span class="quiet">{presence.count}</span>
      </h3>
      <ul class="people">
        {named.map((user) => (
          <li key={user.id}>
            <Face user={user} />
            <bdi>{user.name}</bdi>
            {user.id === me?.id && <span class="quiet small">{text('you')}</span>}
          </li>
        ))}
      </ul>
      {more > 0 && <p class="quiet">{text('details.here.more', more)}</p>}
    </section>
  );
}
