import type { StoredPost } from './pendingPost.js';
import type { OutboxStorage } from './types.js';

/**
 * The posts of all rooms that are not acknowledged yet, in the application's storage: one entry a room, and one that lists the
 * rooms. Each change reads the entry, changes it and writes it back, so that two tabs of one browser do not wipe out each
 * other's posts.
 */
export class OutboxStore {
  readonly #storage: OutboxStorage;
  readonly #prefix: string;

  constructor(storage: OutboxStorage, prefix: string) {
    this.#storage = storage;
    this.#prefix = prefix;
  }

  rooms(): string[] {
    return this.#readList(this.#roomsKey).filter((room): room is string => typeof room === 'string');
  }

  read(roomId: string): StoredPost[] {
    return this.#readList(this.#key(roomId)).filter(isStoredPost);
  }

  /** Adds the post or replaces what is kept under its key. Throws what the storage throws, for instance when it is full. */
  keep(roomId: string, post: StoredPost): void {
    const posts = this.read(roomId);
    const at = posts.findIndex((other) => other.key === post.key);
    if (at >= 0) posts[at] = post;
    else posts.push(post);
    this.#storage.set(this.#key(roomId), JSON.stringify(posts));
    const rooms = this.rooms();
    if (!rooms.includes(roomId)) this.#storage.set(this.#roomsKey, JSON.stringify([...rooms, roomId]));
  }

  forget(roomId: string, key: string): void {
    const left = this.read(roomId).filter((post) => post.key !== key);
    if (left.length > 0) {
      this.#storage.set(this.#key(roomId), JSON.stringify(left));
      return;
    }
    this.#storage.remove(this.#key(roomId));
    const rooms = this.rooms().filter((room) => room !== roomId);
    if (rooms.length > 0) this.#storage.set(this.#roomsKey, JSON.stringify(rooms));
    else this.#storage.remove(this.#roomsKey);
  }

  get #roomsKey(): string {
    return `${this.#prefix}outboxes`;
  }

  #key(roomId: string): string {
    return `${this.#prefix}outbox:${roomId}`;
  }

  /** What cannot be read is as good as empty: a torn entry must not keep the application from starting. */
  #readList(key: string): unknown[] {
    try {
      const list: unknown = JSON.parse(this.#storage.get(key) ?? '[]');
      return Array.isArray(list) ? list : [];
    } catch {
      return [];
    }
  }
}

function isStoredPost(value: unknown): value is StoredPost {
  const post = value as Partial<StoredPost> | null;
  return typeof post === 'object' && post !== null && typeof post.key === 'string' && typeof post.text === 'string';
}
