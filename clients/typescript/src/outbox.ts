import { Backoff } from './backoff.js';
import type { Clock, TimerHandle } from './clock.js';
import { HubbubError } from './errors.js';
import type { OutboxStore } from './outboxStore.js';
import { Post } from './pendingPost.js';
import type { PostExtras, Posted, PendingPost } from './types.js';
import type { JsonEvent } from './wire.js';
import { textOf, userOf } from './wire.js';

/** Posts that one room's outbox holds, failed ones included. One more is not taken: it fails at once with `outbox_full`. */
export const outboxLimit = 500;

export interface OutboxHost {
  readonly clock: Clock;
  readonly store: OutboxStore;
  newKey(): string;
  send(roomId: string, text: string, key: string, context: PostExtras): Promise<Posted>;
  report(error: HubbubError): void;
}

/** The reader of the same room, if there is one: it tells whether a stored post's event is still to come. */
export interface OutboxReader {
  changed(posts: readonly PendingPost[]): void;
  hasPassed(posted: Posted): boolean;
}

/**
 * One room's posts on their way to the log, strictly in order: the next leaves only after the one before it is acknowledged. An
 * unanswered one is sent again with the same key, which the server stores once, so that no failure loses or doubles a post.
 */
export class Outbox {
  readonly #roomId: string;
  readonly #host: OutboxHost;
  readonly #backoff: Backoff;
  #posts: Post[];
  #reader: OutboxReader | undefined;
  #sending: Post | undefined;
  #timer: TimerHandle | undefined;
  /** Undefined: asleep, nothing is sent. */
  #userId: string | undefined;

  constructor(roomId: string, host: OutboxHost) {
    this.#roomId = roomId;
    this.#host = host;
    this.#backoff = new Backoff(host.clock);
    this.#posts = host.store.read(roomId).map((stored) => new Post(this, stored, true));
  }

  get posts(): readonly PendingPost[] {
    return this.#posts;
  }

  post(text: string, key: string = this.#host.newKey(), context: PostExtras = {}): PendingPost {
    const known = this.#posts.find((post) => post.key === key);
    if (known) return known;
    const sender = this.#userId;
    const post = new Post(
      this,
      { ...context, key, text, createdAt: this.#host.clock.now(), ...(sender === undefined ? {} : { sender }) },
      false,
    );
    if (this.#posts.length >= outboxLimit) {
      post.fail(new HubbubError('outbox_full', `More than ${outboxLimit} posts wait in this room.`));
      return post;
    }
    this.#posts = [...this.#posts, post];
    this.#keep(post);
    this.#changed();
    this.#sendNext();
    return post;
  }

  retry(post: Post): void {
    if (post.state !== 'failed' || !this.#posts.includes(post)) return;
    post.state = 'pending';
    post.error = undefined;
    // Whoever asks again after a change of user means to send it as who they are now.
    post.sender = this.#userId;
    post.renewPromise();
    this.#keep(post);
    this.#changed();
    this.#sendNext();
  }

  discard(post: Post): void {
    if (!this.#posts.includes(post)) return;
    this.#take(post);
    if (post.state !== 'sent') post.fail(new HubbubError('discarded', 'The post was discarded.'));
    this.#changed();
    this.#sendNext();
  }

  follow(reader: OutboxReader): void {
    this.#reader = reader;
  }

  /** The stream has ended: no event will come for what is stored already. */
  unfollow(reader: OutboxReader): void {
    if (this.#reader !== reader) return;
    this.#reader = undefined;
    this.#dropSent(() => true);
  }

  /** The network is back: whatever was waiting for another try is sent now. */
  wake(userId: string): void {
    this.#userId = userId;
    this.#backoff.reset();
    this.#host.clock.cancel(this.#timer);
    this.#timer = undefined;
    this.#sendNext();
  }

  sleep(): void {
    this.#userId = undefined;
    this.#host.clock.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** An event of this room is about to be handed on. If it is one of our posts, that is acknowledgement enough. */
  arrived(event: JsonEvent): void {
    const key = textOf(event['key']);
    if (event.type !== 'message' || key === undefined || userOf(event['sender'])?.id !== this.#userId) return;
    const post = this.#posts.find((candidate) => candidate.key === key);
    if (!post) return;
    this.#take(post);
    if (post.state !== 'sent') post.acknowledge(postedOf(event));
    this.#changed();
    this.#sendNext();
  }

  /** The stream has come to a new place. */
  moved(): void {
    this.#dropSent((posted) => this.#reader?.hasPassed(posted) ?? true);
  }

  #sendNext(): void {
    if (this.#userId === undefined || this.#sending || this.#timer) return;
    const post = this.#posts.find((candidate) => candidate.state === 'pending');
    if (!post) return;
    const refusal = this.#whyNot(post, this.#userId);
    if (refusal) {
      this.#failed(post, refusal);
      return;
    }
    if (post.sender === undefined) {
      post.sender = this.#userId;
      this.#keep(post);
    }
    this.#sending = post;
    post.state = 'sending';
    this.#changed();
    this.#host.send(this.#roomId, post.text, post.key, post.context).then(
      (posted) => this.#answered(post, () => this.#acknowledged(post, posted)),
      (thrown: unknown) => this.#answered(post, () => this.#refused(post, HubbubError.from(thrown))),
    );
  }

  #whyNot(post: Post, userId: string): HubbubError | undefined {
    if (post.sender !== undefined && post.sender !== userId) {
      return new HubbubError('other_user', 'This was written under another name and has not been sent.');
    }
    // Another tab shares the storage: what is no longer in it was sent or discarded there.
    if (post.restored && !this.#host.store.read(this.#roomId).some((stored) => stored.key === post.key)) {
      return new HubbubError('discarded', 'Another tab has taken care of this post.');
    }
    return undefined;
  }

  /** The post may have been settled while it was away, by its own event or by `discard`. */
  #answered(post: Post, act: () => void): void {
    if (this.#sending !== post) return;
    this.#sending = undefined;
    act();
    this.#sendNext();
  }

  #acknowledged(post: Post, posted: Posted): void {
    this.#backoff.reset();
    post.acknowledge(posted);
    this.#forget(post);
    if (this.#reader?.hasPassed(posted) ?? true) this.#posts = this.#posts.filter((other) => other !== post);
    this.#changed();
  }

  #refused(post: Post, error: HubbubError): void {
    if (!error.retryable) {
      this.#failed(post, error);
      return;
    }
    post.state = 'pending';
    if (this.#userId !== undefined) {
      const delay = Math.max(this.#backoff.next(), error.retryAfterMs ?? 0);
      this.#timer = this.#host.clock.after(delay, () => {
        this.#timer = undefined;
        this.#sendNext();
      });
    }
    this.#changed();
  }

  #failed(post: Post, error: HubbubError): void {
    post.fail(error);
    if (error.code === 'discarded') this.#take(post);
    else this.#keep(post);
    this.#changed();
    this.#sendNext();
  }

  #take(post: Post): void {
    this.#posts = this.#posts.filter((other) => other !== post);
    if (this.#sending === post) this.#sending = undefined;
    this.#forget(post);
  }

  #dropSent(gone: (posted: Posted) => boolean): void {
    const left = this.#posts.filter((post) => post.stored === undefined || !gone(post.stored));
    if (left.length === this.#posts.length) return;
    this.#posts = left;
    this.#changed();
  }

  #keep(post: Post): void {
    try {
      this.#host.store.keep(this.#roomId, post.toStored());
    } catch (thrown) {
      this.#host.report(new HubbubError('storage', 'A post could not be kept; a reload would lose it.', { cause: thrown }));
    }
  }

  #forget(post: Post): void {
    try {
      this.#host.store.forget(this.#roomId, post.key);
    } catch (thrown) {
      this.#host.report(new HubbubError('storage', 'A sent post could not be removed from the storage.', { cause: thrown }));
    }
  }

  #changed(): void {
    this.#reader?.changed(this.#posts);
  }
}

function postedOf(event: JsonEvent): Posted {
  return {
    room: event.roomId,
    sequence: event.sequence,
    epoch: event.id.slice(0, event.id.indexOf(':')),
    id: event.id,
    sentAt: textOf(event['sentAt']) ?? '',
  };
}
