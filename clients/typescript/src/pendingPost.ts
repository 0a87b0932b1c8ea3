import { HubbubError } from './errors.js';
import type { PendingPost, PostExtras, Posted } from './types.js';

/** What is kept of a post over a reload. */
export interface StoredPost extends PostExtras {
  key: string;
  text: string;
  createdAt: number;
  /** The user it was written as, once known: it is never sent as another. */
  sender?: string;
  error?: { code: string; message: string };
}

export interface PostOwner {
  retry(post: Post): void;
  discard(post: Post): void;
}

/** One entry of an outbox; the outbox alone changes its state. */
export class Post implements PendingPost {
  readonly key: string;
  readonly text: string;
  readonly replyTo: string | undefined;
  readonly thread: string | undefined;
  readonly files: readonly string[] | undefined;
  readonly createdAt: number;
  readonly restored: boolean;
  sender: string | undefined;
  state: PendingPost['state'] = 'pending';
  error: HubbubError | undefined;
  /** Set with the acknowledgement. */
  stored: Posted | undefined;
  posted!: Promise<Posted>;
  readonly #owner: PostOwner;
  #resolve!: (posted: Posted) => void;
  #reject!: (error: HubbubError) => void;

  constructor(owner: PostOwner, from: StoredPost, restored: boolean) {
    this.#owner = owner;
    this.key = from.key;
    this.text = from.text;
    this.replyTo = from.replyTo;
    this.thread = from.thread;
    this.files = from.files;
    this.createdAt = from.createdAt;
    this.sender = from.sender;
    this.restored = restored;
    this.renewPromise();
    if (from.error) this.fail(new HubbubError(from.error.code, from.error.message));
  }

  retry(): void {
    this.#owner.retry(this);
  }

  discard(): void {
    this.#owner.discard(this);
  }

  renewPromise(): void {
    this.posted = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A user interface reads `state` and may never look at the promise: an ignored rejection is no crash.
    this.posted.catch(() => undefined);
  }

  acknowledge(posted: Posted): void {
    this.state = 'sent';
    this.stored = posted;
    this.#resolve(posted);
  }

  fail(error: HubbubError): void {
    this.state = 'failed';
    this.error = error;
    this.#reject(error);
  }

  get context(): PostExtras {
    return {
      ...(this.replyTo === undefined ? {} : { replyTo: this.replyTo }),
      ...(this.thread === undefined ? {} : { thread: this.thread }),
      ...(this.files === undefined ? {} : { files: this.files }),
    };
  }

  toStored(): StoredPost {
    const { key, text, createdAt, sender, error } = this;
    return {
      key,
      text,
      createdAt,
      ...this.context,
      ...(sender === undefined ? {} : { sender }),
      ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
    };
  }
}
