import type { Room } from 'hubbub-client';
import { follow } from '../hooks/use-route';
import { useSession } from '../hooks/use-session';
import { copyText } from '../live/copy-text';
import { pathOf } from '../model/route';
import { BackIcon, InviteIcon, LinkIcon, LockIcon } from './icons';

interface Props {
  roomId: string;
  name: string;
  room: Room | undefined;
}

export function RoomHeader({ roomId, name, room }: Props) {
  const { hub, toast } = useSession();
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
      <h1>
        {isPrivate && <LockIcon />}
        <bdi>{name}</bdi>
        {isPrivate && <span class="hidden">(private)</span>}
      </h1>
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
