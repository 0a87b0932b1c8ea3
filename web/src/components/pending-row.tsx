import type { User } from 'hubbub-client';
import type { PendingRow as Row } from '../model/rows';
import { timeOfDay } from '../model/time';
import { ClockIcon } from './icons';
import { Linked } from './said';

/** One's own message on its way, or one that was refused. */
export function PendingRow({ row, me }: { row: Row; me: User | undefined }) {
  const { post, starts, ends } = row;
  const failed = post.state === 'failed';
  const classes = ['message', 'mine', failed ? 'failed' : 'pending', starts && 'starts', ends && 'ends'];
  return (
    <article
      class={classes.filter(Boolean).join(' ')}
      aria-label={`${me?.name ?? 'You'}, ${failed ? 'not sent' : 'sending'}`}
      data-testid="message"
      data-state={failed ? 'failed' : 'pending'}
      data-key={post.key}
    >
      <div class="bubble">
        <p class="text" dir="auto">
          <span class="words" data-testid="message-text">
            <Linked text={post.text} />
          </span>
          <span class="meta">
            <time dir="auto" dateTime={new Date(post.createdAt).toISOString()}>{timeOfDay(post.createdAt)}</time>
            {!failed && <ClockIcon />}
          </span>
        </p>
      </div>
      {failed && (
        <p class="failure">
          <span>Not sent. {post.error?.message}</span>
          <button type="button" data-testid="retry" onClick={() => post.retry()}>
            Retry
          </button>
          <button type="button" data-testid="discard" onClick={() => post.discard()}>
            Discard
          </button>
        </p>
      )}
    </article>
  );
}
