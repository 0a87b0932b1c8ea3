import { useSession } from '../hooks/use-session';
import { copyText } from '../live/copy-text';
import { pathOf } from '../model/route';
import { text } from '../texts';
import { InviteIcon } from './icons';

/** Makes an invitation into a private room and puts its link on the clipboard. */
export function InviteButton({ roomId }: { roomId: string }) {
  const { hub, toast } = useSession();
  const invite = async (): Promise<void> => {
    try {
      const { token } = await hub.api.invite(roomId);
      const link = location.origin + pathOf({ page: 'invitation', token });
      toast.show((await copyText(link)) ? text('room.invite.done') : link);
    } catch (error) {
      toast.show(text('room.invite.failed', error instanceof Error ? error.message : String(error)));
    }
  };
  return (
    <button type="button" data-testid="copy-invitation" onClick={() => void invite()}>
      <InviteIcon />
      {text('room.invite')}
    </button>
  );
}
