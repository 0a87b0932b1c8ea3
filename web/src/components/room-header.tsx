import type { Presence, Room } from 'hubbub-client';
import { follow } from '../hooks/use-route';
import { useSession } from '../hooks/use-session';
import { copyText } from '../live/copy-text';
import { hereSentence } from '../model/here';
import { pathOf } from '../model/route';
import { BackIcon, InviteIcon, LinkIcon, LockIcon } from './icons';
import { Said } from './said';

interface Props {
  roomId: string;
  name: string;
  room: Room | undefined;
  presence: Presence | undefined;
}

export function RoomHeader({ roomId, name, room, presence }: Props) {
  const { hub, toast, me } = useSession();
  const isPrivate = room?.visibility === 'private';

  const copy = async (link: string, done: string): Promise<void> => {
    toast.show((await copyText(link)) ? done : link);
  };
  const copyInvitation = async (): Promise<void> => {
    try {
      const { token } = await hub.api.invite(roomId);
      await copy(location.origin + pathOf({ page: 'invitation', token }), 'Invitation copied. It is good for 7 days.');
    } catch (error) {
      toast.show(`No invitation: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

  return (
    <header class="room-header">
      <a class="button back" href="/" aria-label="All rooms" onClick={(event) => follow(event, { page: 'rooms' })}>
        <BackIcon />
      </a>
      <div class="room-title">
        <h1>
          {isPrivate && <LockIcon />}
          <bdi>{name}</bdi>
          {isPrivate && <span class="hidden">(private)</span>}
        </h1>
        <p class="here" data-testid="here">
          {presence && <Said phrase={hereSentence(presence, me?.id)} />}
        </p>
      </div>
      {isPrivate && room.role === 'owner' && (
        <button type="button" data-testid="copy-invitation" onClick={() => void copyInvitation()}>
          <InviteIcon />
          <span class="button-text">Copy invitation link</span>
        </button>
      )}
      <button
        type="button"
        data-testid="copy-link"
        onClick={() => void copy(location.origin + pathOf({ page: 'room', roomId }), 'Link to the room copied.')}
      >
        <LinkIcon />
        <span class="button-text">Copy room link</span>
      </button>
    </header>
  );
}
