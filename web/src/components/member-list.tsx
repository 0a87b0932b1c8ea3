import type { Presence, User } from 'hubbub-client';
import { useEffect } from 'preact/hooks';
import { useChanges } from '../hooks/use-changes';
import type { Members } from '../live/members';
import { digits, text } from '../texts';
import { PersonLink } from './person-link';

/** More people than this are counted and not named. */
const NAMED_MAX = 100;

interface Props {
  members: Members;
  /** Grows when something about members has happened. */
  changed: number;
  presence: Presence | undefined;
  onPerson: (user: User) => void;
}

/** Who belongs to the room, and who is in it now without belonging to it. */
export function MemberList({ members, changed, presence, onPerson }: Props) {
  useChanges(members.changes);
  useEffect(() => void members.load(), [members, changed]);
  const here = new Set(presence?.users.map((user) => user.id));
  const visitors = (presence?.users ?? []).filter((user) => !members.of(user.id));
  const named = members.loaded || members.failed ? visitors.slice(0, NAMED_MAX) : [];
  const more = presence ? presence.count - (presence.users.length - visitors.length) - named.length : 0;
  return (
    <>
      <section class="setting">
        <h3>
          {text('members')} <span class="quiet">{members.loaded && `${digits(members.list.length)}${members.hasMore ? '+' : ''}`}</span>
        </h3>
        {members.failed && (
          <p class="quiet small">
            {text('members.failed')}{' '}
            <button type="button" onClick={() => void members.load()}>
              {text('tryAgain')}
            </button>
          </p>
        )}
        <ul class="people" data-testid="members">
          {members.list.map(({ user, role }) => (
            <PersonLink key={user.id} user={user} role={role} isHere={here.has(user.id)} onClick={() => onPerson(user)} />
          ))}
        </ul>
      </section>
      {(named.length > 0 || (members.loaded && more > 0)) && (
        <section class="setting">
          <h3>{text('members.visitors')}</h3>
          <ul class="people" data-testid="visitors">
            {named.map((user) => (
              <PersonLink key={user.id} user={user} isHere onClick={() => onPerson(user)} />
            ))}
          </ul>
          {more > 0 && <p class="quiet">{text('details.here.more', more)}</p>}
        </section>
      )}
    </>
  );
}
