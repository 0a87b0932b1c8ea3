import type { Role, User } from 'hubbub-client';
import { useChanges } from '../hooks/use-changes';
import { useSession } from '../hooks/use-session';
import { ago } from '../model/time';
import { text } from '../texts';
import { Face } from './face';

interface Props {
  user: User;
  role?: Role;
  /** Whether they read this room now. */
  isHere: boolean;
  onClick: () => void;
}

/** Somebody in a list, and the way to their card. */
export function PersonLink({ user, role, isHere, onClick }: Props) {
  const { me, people } = useSession();
  useChanges(people.changes);
  const isMe = user.id === me?.id;
  const profile = people.of(user.id);
  const seen = profile && !isHere && !isMe ? text(profile.present ? 'person.online' : 'person.seen', ago(Date.parse(profile.lastSeen), Date.now())) : undefined;
  return (
    <li>
      <button type="button" class="bare person" data-testid="person" data-person={user.id} onClick={onClick}>
        <Face user={user} isHere={isHere || isMe} />
        <span class="person-words">
          <bdi>{user.name}</bdi>
          {isMe && <span class="quiet small">{text('you')}</span>}
          {(seen !== undefined || (role && role !== 'member')) && (
            <span class="quiet small person-note">
              {role && role !== 'member' && text(`role.${role}`)}
              {role && role !== 'member' && seen !== undefined && ' · '}
              {seen}
            </span>
          )}
        </span>
        {people.isBlocked(user.id) && <span class="quiet small">{text('person.blocked')}</span>}
      </button>
    </li>
  );
}
