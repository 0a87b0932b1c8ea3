import type { Presence, Room, User } from 'hubbub-client';
import { useChanges } from '../hooks/use-changes';
import { useSession } from '../hooks/use-session';
import type { Members } from '../live/members';
import type { NotifyLevel } from '../live/notify-levels';
import type { ReportList } from '../live/report-list';
import { dateOf } from '../model/time';
import { text } from '../texts';
import { Choice } from './choice';
import { MemberList } from './member-list';
import { Membership } from './membership';
import { Panel } from './panel';
import { ReportQueue } from './report-queue';
import { RoomSettings } from './room-settings';

interface Props {
  room: Room | undefined;
  name: string;
  topic: string;
  slowSeconds: number;
  isArchived: boolean;
  presence: Presence | undefined;
  members: Members;
  /** For those who keep order. */
  reports: ReportList | undefined;
  membersChanged: number;
  onPerson: (user: User) => void;
  onClose: () => void;
}

/** What a room is, who belongs to it, and what may be changed about it. */
export function DetailsPanel({ room, name, topic, slowSeconds, isArchived, presence, members, reports, membersChanged, onPerson, onClose }: Props) {
  return (
    <Panel title={text('room.details')} onClose={onClose} testId="details">
      <div class="panel-body">
        {room && <About room={room} />}
        {room && <NotifyChoice roomId={room.id} />}
        {reports && <ReportQueue reports={reports} />}
        <MemberList members={members} changed={membersChanged} presence={presence} onPerson={onPerson} />
        {room && (room.role === 'owner' || room.role === 'moderator') && (
          <RoomSettings key={name} room={room} name={name} topic={topic} slowSeconds={slowSeconds} isArchived={isArchived} />
        )}
      </div>
    </Panel>
  );
}

function About({ room }: { room: Room }) {
  return (
    <section class="setting">
      <p>{text(room.direct ? 'direct.about' : room.visibility === 'private' ? 'details.visibility.private' : 'details.visibility.public')}</p>
      {room.role && !room.direct && <p class="quiet">{text('details.role', text(`role.${room.role}`))}</p>}
      <p class="quiet">{text('details.created', dateOf(Date.parse(room.createdAt)))}</p>
      <Membership room={room} />
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
