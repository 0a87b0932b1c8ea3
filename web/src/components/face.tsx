import type { User } from 'hubbub-client';
import { hueOf, initials } from '../model/faces';

/** A person's initials on their colour; decoration, since the name stands beside it. */
export const Face = ({ user }: { user: User }) => (
  <span class="face" style={{ '--hue': String(hueOf(user.id)) }} aria-hidden="true">
    {initials(user.name)}
  </span>
);
