import type { User } from 'hubbub-client';
import { useState } from 'preact/hooks';
import { useChanges } from '../hooks/use-changes';
import { useSession } from '../hooks/use-session';
import { hueOf, initials, inkOn } from '../model/faces';

interface Props {
  user: User;
  /** A dot: they are there now. */
  isHere?: boolean;
  onClick?: (() => void) | undefined;
}

/** A person's picture, or their initials on their colour; decoration, since the name stands beside it. */
export function Face({ user, isHere = false, onClick }: Props) {
  const { people } = useSession();
  useChanges(people.changes);
  const profile = people.of(user.id);
  const [failed, setFailed] = useState<string>();
  const color = profile?.color;
  const picture = profile?.avatar && profile.avatar !== failed ? profile.avatar : undefined;
  return (
    <span
      class={`face${onClick ? ' clickable' : ''}`}
      style={color ? { background: color, color: inkOn(color) } : { '--hue': String(hueOf(user.id)) }}
      aria-hidden="true"
      onClick={onClick}
    >
      {picture ? <img class="face-picture" src={picture} alt="" onError={() => setFailed(picture)} /> : initials(user.name)}
      {isHere && <span class="here-dot" />}
    </span>
  );
}
