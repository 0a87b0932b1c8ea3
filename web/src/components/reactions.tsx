import { useSession } from '../hooks/use-session';
import type { RoomView } from '../live/room-view';
import type { Message } from '../model/conversation';
import { emojiOf } from '../model/emoji';
import { digits, text } from '../texts';

const NAMED_MAX = 20;

/** Below a message: each emoji with how many gave it. A click gives it too, or takes one's own back. */
export function Reactions({ message, view }: { message: Message; view: RoomView }) {
  const { me, toast } = useSession();
  const react = (emoji: string, given: boolean): void => {
    view.acts?.react(message.id, emoji, given).catch((error: unknown) => toast.show(text('failed', error instanceof Error ? error.message : String(error))));
  };
  return (
    <ul class="reactions">
      {message.reactions.map(({ emoji, users }) => {
        const isMine = me !== undefined && users.includes(me.id);
        const names = users.slice(0, NAMED_MAX).map((id) => (id === me?.id ? text('you') : (view.nameOf(id) ?? '…')));
        const label = text('message.reactedBy', emoji, names.join(', '));
        return (
          <li key={emoji}>
            <button
              type="button"
              class={`reaction${isMine ? ' mine-too' : ''}`}
              data-testid="reaction"
              data-emoji={emoji}
              aria-pressed={isMine}
              aria-label={label}
              title={label}
              disabled={view.ended !== undefined}
              onClick={() => react(emoji, !isMine)}
            >
              <span class="emoji">{signOf(emoji)}</span> <span>{digits(users.length)}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** An emoji given by its name is drawn if we know it. */
const signOf = (emoji: string): string => (emoji.startsWith(':') ? (emojiOf(emoji.slice(1, -1)) ?? emoji) : emoji);
