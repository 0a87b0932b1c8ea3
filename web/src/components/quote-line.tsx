import type { RoomView } from '../live/room-view';
import { useChanges } from '../hooks/use-changes';
import { useSession } from '../hooks/use-session';
import { plainOf } from '../model/markdown';
import { text } from '../texts';
import { ReplyIcon } from './icons';

const WORDS_MAX = 160;

/** What a message answers, in one line above it, and the way there. */
export function QuoteLine({ view, sequence }: { view: RoomView; sequence: number }) {
  const { toast, people } = useSession();
  useChanges(people.changes);
  const quoted = view.quoted(sequence);
  const go = (): void => {
    void view.jumpTo(sequence).then((found) => {
      if (!found) toast.show(text('messages.gone'));
    });
  };
  if (quoted === null) {
    return (
      <p class="quote-line">
        <ReplyIcon /> {text('message.replyTo.gone')}
      </p>
    );
  }
  return (
    <button type="button" class="quote-line" data-testid="quote" aria-label={quoted ? text('message.replyTo', quoted.sender.name) : text('loading')} onClick={go}>
      <ReplyIcon />
      {quoted && (
        <>
          <bdi class="quote-sender">{quoted.sender.name}</bdi>
          <span dir="auto">{people.isBlocked(quoted.sender.id) ? text('message.blocked') : plainOf(quoted.text).slice(0, WORDS_MAX)}</span>
        </>
      )}
    </button>
  );
}
