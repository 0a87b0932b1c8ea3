import type { User } from 'hubbub-client';
import { useEffect, useState } from 'preact/hooks';
import { useSession } from '../hooks/use-session';
import type { RoomView } from '../live/room-view';
import { actionOf } from '../model/message-text';
import type { PendingRow as Row } from '../model/rows';
import { timeOfDay } from '../model/time';
import { sequenceOf } from '../model/unread';
import { text } from '../texts';
import { ClockIcon } from './icons';
import { QuoteLine } from './quote-line';
import { Words } from './words';

/** A message that has waited this long is explained, and can be taken back. */
const EXPLAINED_AFTER_MS = 10_000;

/** One's own message on its way, or one that was refused. */
export function PendingRow({ row, view, me }: { row: Row; view: RoomView; me: User | undefined }) {
  const session = useSession();
  const { post, starts, ends } = row;
  const failed = post.state === 'failed';
  const isSlow = useAfter(post.createdAt + EXPLAINED_AFTER_MS) && post.state !== 'sent';
  const action = actionOf(post.text);
  const reply = post.replyTo;
  const classes = ['message', 'mine', failed ? 'failed' : 'pending', starts && 'starts', ends && 'ends', action !== undefined && 'action'];
  const name = me?.name ?? text('you');
  const tail = (
    <span class="meta">
      <time dir="auto" dateTime={new Date(post.createdAt).toISOString()}>
        {timeOfDay(post.createdAt)}
      </time>
      {!failed && <ClockIcon />}
    </span>
  );
  const retry = (): void => {
    if (failed) post.retry();
    else session.tryNow();
  };
  return (
    <article
      class={classes.filter(Boolean).join(' ')}
      aria-label={text(failed ? 'message.notSent' : 'message.sending', name)}
      tabIndex={-1}
      data-testid="message"
      data-state={failed ? 'failed' : 'pending'}
      data-key={post.key}
    >
      <div class="bubble-box">
        <div class="bubble">
          {reply !== undefined && <QuoteLine view={view} sequence={sequenceOf(reply)} />}
          <div class="text" dir="auto">
            {post.files && <span class="quiet">{text('file.count', post.files.length)} </span>}
            <Words text={action ?? post.text} by={action === undefined ? undefined : name} />
            {tail}
          </div>
        </div>
      </div>
      {(failed || isSlow) && (
        <p class="failure" data-testid="failure">
          <span>{failed ? text('pending.failed', post.error?.message ?? '') : text(session.state === 'online' ? 'pending.slow' : 'pending.offline')}</span>
          <button type="button" data-testid="retry" onClick={retry}>
            {text('pending.retry')}
          </button>
          <button type="button" data-testid="discard" onClick={() => post.discard()}>
            {text('pending.discard')}
          </button>
        </p>
      )}
    </article>
  );
}

/** Whether this moment, in milliseconds since 1970, has come. */
function useAfter(moment: number): boolean {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const left = moment - Date.now();
    if (left <= 0) return;
    const timer = setTimeout(() => setNow(Date.now()), left);
    return () => clearTimeout(timer);
  }, [moment]);
  return now >= moment;
}
