import type { User } from 'hubbub-client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useSession } from '../hooks/use-session';
import type { RoomView } from '../live/room-view';
import { messagesAfter } from '../model/unseen';
import { text } from '../texts';

/** Up to this many new messages are read out; of more, only how many. */
const READ_OUT_MAX = 3;

/** Tells screen readers of what others write. The list itself cannot: it draws and undraws rows as one scrolls. */
export function Announcer({ view, me }: { view: RoomView; me: User | undefined }) {
  const { people } = useSession();
  const told = useRef<number | undefined>(undefined);
  const [heard, setHeard] = useState('');
  const { loaded, conversation } = view;

  useEffect(() => {
    if (!loaded) {
      told.current = undefined;
      return;
    }
    const since = told.current;
    told.current = conversation.last;
    if (since === undefined || conversation.last <= since) return;
    const fresh = messagesAfter(conversation.items, since).filter((message) => message.sender.id !== me?.id && !message.deleted && !people.isBlocked(message.sender.id));
    if (fresh.length === 0) return;
    setHeard(
      fresh.length > READ_OUT_MAX
        ? text('messages.announced', fresh.length)
        : fresh.map((message) => `${message.sender.name}: ${message.text}`).join('\n'),
    );
  }, [loaded, conversation, conversation.last, me]);

  return (
    <div class="hidden" aria-live="polite" aria-atomic="true">
      {heard}
    </div>
  );
}
