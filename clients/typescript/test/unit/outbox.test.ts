import { describe, expect, test } from 'vitest';
import { HubbubError } from '../../src/errors.js';
import { Outbox, outboxLimit } from '../../src/outbox.js';
import { OutboxStore } from '../../src/outboxStore.js';
import { memoryStorage } from '../../src/storage.js';
import type { OutboxStorage, PendingPost, PostContext, Posted } from '../../src/types.js';
import { FakeClock, settled } from '../kit/fakeClock.js';
import { at, epoch, event } from '../kit/events.js';

interface Sent {
  text: string;
  key: string;
  context: PostContext;
  answer(posted?: Partial<Posted>): Promise<void>;
  refuse(code: string, more?: { retryable?: boolean; retryAfterMs?: number }): Promise<void>;
}

/** An outbox whose server is the test. */
function outboxOf(storage: OutboxStorage = memoryStorage(), time = new FakeClock()) {
  const sent: Sent[] = [];
  const errors: HubbubError[] = [];
  const changes: string[][] = [];
  let keys = 0;
  let passed = true;
  const store = new OutboxStore(storage, 'test:');
  const outbox = new Outbox('room1', {
    clock: time.clock,
    store,
    newKey: () => `key-${++keys}`,
    report: (error) => void errors.push(error),
    send: (_room, text, key, context) =>
      new Promise((resolve, reject) => {
        sent.push({
          text,
          key,
          context,
          answer: (posted = {}) => {
            resolve({ room: 'room1', sequence: sent.length, epoch, id: at(sent.length), sentAt: '', ...posted });
            return settled();
          },
          refuse: (code, more) => {
            reject(new HubbubError(code, code, more));
            return settled();
          },
        });
      }),
  });
  outbox.follow({
    changed: (posts: readonly PendingPost[]) => void changes.push(posts.map((post) => `${post.text}:${post.state}`)),
    hasPassed: () => passed,
  });
  return {
    outbox,
    sent,
    errors,
    changes,
    store,
    time,
    eventsLag: () => void (passed = false),
    eventsCaughtUp: () => void (passed = true),
  };
}

const texts = (outbox: Outbox): string[] => outbox.posts.map((post) => `${post.text}:${post.state}`);

describe('an outbox', () => {
  test('sends what a post answers and whose thread it is in, also after a reload', async () => {
    const storage = memoryStorage();
    const before = outboxOf(storage);
    before.outbox.post('in a thread', 'k-1', { replyTo: at(3), thread: at(2) });
    before.outbox.post('plain', 'k-2');
    const after = outboxOf(storage);
    expect(after.outbox.posts.map((post) => [post.replyTo, post.thread])).toEqual([[at(3), at(2)], [undefined, undefined]]);
    after.outbox.wake('u-1');
    await after.sent[0]!.answer();
    expect(after.sent.map((one) => one.context)).toEqual([{ replyTo: at(3), thread: at(2) }, {}]);
  });

  test('sends one post at a time, in order, each after the one before it is acknowledged', async () => {
    const { outbox, sent } = outboxOf();
    outbox.wake('u-1');
    for (const text of ['a', 'b', 'c']) outbox.post(text);
    expect(texts(outbox)).toEqual(['a:sending', 'b:pending', 'c:pending']);
    expect(sent.map((one) => one.text)).toEqual(['a']);
    await sent[0]!.answer();
    expect(sent.map((one) => one.text)).toEqual(['a', 'b']);
    await sent[1]!.answer();
    await sent[2]!.answer();
    expect(sent.map((one) => one.text)).toEqual(['a', 'b', 'c']);
    expect(texts(outbox)).toEqual([]);
  });

  test('sends nothing before it is woken, and everything in order afterwards', async () => {
    const { outbox, sent } = outboxOf();
    const first = outbox.post('a');
    outbox.post('b');
    await settled();
    expect(sent).toEqual([]);
    outbox.wake('u-1');
    await sent[0]!.answer({ id: at(8) });
    expect(await first.posted).toMatchObject({ id: at(8) });
    expect(sent.map((one) => one.text)).toEqual(['a', 'b']);
  });

  test('repeats an unanswered post with the same key, and holds back the ones after it', async () => {
    const { outbox, sent, time } = outboxOf();
    outbox.wake('u-1');
    outbox.post('a');
    outbox.post('b');
    await sent[0]!.refuse('network', { retryable: true });
    await time.advance(0);
    await sent[1]!.refuse('store_unavailable', { retryable: true });
    await time.advance(250);
    expect(sent.map((one) => `${one.text} ${one.key}`)).toEqual(['a key-1', 'a key-1', 'a key-1']);
    await sent[2]!.answer();
    expect(sent[3]).toMatchObject({ text: 'b', key: 'key-2' });
  });

  test('waits as long as the server asks', async () => {
    const { outbox, sent, time } = outboxOf();
    outbox.wake('u-1');
    outbox.post('a');
    await sent[0]!.refuse('rate_limited', { retryable: true, retryAfterMs: 9_000 });
    await time.advance(8_999);
    expect(sent).toHaveLength(1);
    await time.advance(1);
    expect(sent).toHaveLength(2);
  });

  test('sends at once when the network is back, however long it meant to wait', async () => {
    const { outbox, sent, time } = outboxOf();
    outbox.wake('u-1');
    outbox.post('a');
    for (let count = 0; count < 8; count++) {
      await sent.at(-1)!.refuse('network', { retryable: true });
      if (count < 7) await time.advance(15_000);
    }
    const before = sent.length;
    outbox.wake('u-1');
    expect(sent).toHaveLength(before + 1);
    await sent.at(-1)!.answer();
    await time.advance(60_000);
    expect(sent).toHaveLength(before + 1);
  });

  test('shows a final refusal, goes on with the next post, and tries again when asked', async () => {
    const { outbox, sent } = outboxOf();
    outbox.wake('u-1');
    const bad = outbox.post('bad');
    outbox.post('good');
    await sent[0]!.refuse('too_large');
    expect(texts(outbox)).toEqual(['bad:failed', 'good:sending']);
    expect(bad.error?.code).toBe('too_large');
    await expect(bad.posted).rejects.toMatchObject({ code: 'too_large' });
    await sent[1]!.answer();
    bad.retry();
    expect(bad.error).toBeUndefined();
    expect(sent[2]).toMatchObject({ text: 'bad', key: 'key-1' });
    await sent[2]!.answer({ id: at(12) });
    expect(await bad.posted).toMatchObject({ id: at(12) });
    expect(texts(outbox)).toEqual([]);
  });

  test('forgets a discarded post and sends the next', async () => {
    const { outbox, sent, store } = outboxOf();
    outbox.wake('u-1');
    const first = outbox.post('a');
    const second = outbox.post('b');
    second.discard();
    outbox.post('c');
    first.discard();
    await expect(first.posted).rejects.toMatchObject({ code: 'discarded' });
    expect(sent.map((one) => one.text)).toEqual(['a', 'c']);
    await sent[0]!.answer();
    expect(texts(outbox)).toEqual(['c:sending']);
    expect(store.read('room1').map((post) => post.text)).toEqual(['c']);
  });

  test(`does not take more than ${outboxLimit} posts, and says so`, async () => {
    const { outbox } = outboxOf();
    for (let count = 0; count < outboxLimit; count++) outbox.post(`text ${count}`);
    const extra = outbox.post('one too many');
    expect(extra.state).toBe('failed');
    await expect(extra.posted).rejects.toMatchObject({ code: 'outbox_full' });
    expect(outbox.posts).toHaveLength(outboxLimit);
  });

  test('takes the same key once', () => {
    const { outbox } = outboxOf();
    const first = outbox.post('a', 'my-key');
    expect(outbox.post('a', 'my-key')).toBe(first);
    expect(outbox.posts).toHaveLength(1);
  });
});

describe('an acknowledged post', () => {
  test('stays until its event is handed on, so that a screen never lacks it', async () => {
    const { outbox, sent, eventsLag, store, changes } = outboxOf();
    outbox.wake('u-1');
    eventsLag();
    outbox.post('a');
    await sent[0]!.answer({ id: at(5) });
    expect(texts(outbox)).toEqual(['a:sent']);
    expect(store.read('room1')).toEqual([]);
    outbox.arrived(event(5, { key: 'key-1', sender: { id: 'u-1', name: 'u-1' } }));
    expect(texts(outbox)).toEqual([]);
    expect(changes.at(-1)).toEqual([]);
  });

  test('goes when the stream has passed its place without it', async () => {
    const { outbox, sent, eventsLag, eventsCaughtUp } = outboxOf();
    outbox.wake('u-1');
    eventsLag();
    outbox.post('a');
    await sent[0]!.answer();
    outbox.moved();
    expect(texts(outbox)).toEqual(['a:sent']);
    eventsCaughtUp();
    outbox.moved();
    expect(texts(outbox)).toEqual([]);
  });

  test('may be acknowledged by its event alone, when the answer is lost', async () => {
    const { outbox, sent, store } = outboxOf();
    outbox.wake('u-1');
    const post = outbox.post('a');
    outbox.post('b');
    outbox.arrived(event(5, { key: 'key-1', sender: { id: 'u-1', name: 'u-1' } }));
    expect(await post.posted).toEqual({ room: 'room1', sequence: 5, epoch, id: at(5), sentAt: '2026-01-01T00:00:00.000Z' });
    expect(sent.map((one) => one.text)).toEqual(['a', 'b']);
    await sent[0]!.refuse('network', { retryable: true });
    expect(texts(outbox)).toEqual(['b:sending']);
    expect(store.read('room1').map((kept) => kept.text)).toEqual(['b']);
  });

  test("is not confused with another sender's event of the same key", () => {
    const { outbox } = outboxOf();
    outbox.wake('u-1');
    outbox.post('a');
    outbox.arrived(event(5, { key: 'key-1', sender: { id: 'u-2', name: 'u-2' } }));
    expect(texts(outbox)).toEqual(['a:sending']);
  });
});

describe('after a reload', () => {
  test('posts that were not acknowledged are sent, in order and with their keys', async () => {
    const storage = memoryStorage();
    const before = outboxOf(storage);
    before.outbox.wake('u-1');
    before.outbox.post('a');
    before.outbox.post('b');
    before.outbox.post('c');
    await before.sent[0]!.answer();

    const after = outboxOf(storage);
    expect(after.store.rooms()).toEqual(['room1']);
    expect(texts(after.outbox)).toEqual(['b:pending', 'c:pending']);
    after.outbox.wake('u-1');
    await after.sent[0]!.answer();
    await after.sent[1]!.answer();
    expect(after.sent.map((one) => `${one.text} ${one.key}`)).toEqual(['b key-2', 'c key-3']);
    expect(after.store.rooms()).toEqual([]);
  });

  test('a refused post is still shown as refused', async () => {
    const storage = memoryStorage();
    const before = outboxOf(storage);
    before.outbox.wake('u-1');
    before.outbox.post('a');
    await before.sent[0]!.refuse('bad_message');

    const after = outboxOf(storage);
    expect(texts(after.outbox)).toEqual(['a:failed']);
    expect(after.outbox.posts[0]?.error?.code).toBe('bad_message');
    after.outbox.wake('u-1');
    expect(after.sent).toEqual([]);
  });

  test('a post is not sent in the name of another user, unless that is asked for', () => {
    const storage = memoryStorage();
    const before = outboxOf(storage);
    before.outbox.wake('u-1');
    before.outbox.post('a');

    const after = outboxOf(storage);
    after.outbox.wake('u-2');
    expect(after.sent).toEqual([]);
    expect(after.outbox.posts[0]?.error?.code).toBe('other_user');
    after.outbox.posts[0]!.retry();
    expect(after.sent.map((one) => one.text)).toEqual(['a']);
  });

  test('a torn entry in the storage is as good as none', () => {
    const storage = memoryStorage();
    storage.set('test:outbox:room1', '[{"key":"k","te');
    const { outbox } = outboxOf(storage);
    expect(texts(outbox)).toEqual([]);
    outbox.post('a');
    expect(texts(outboxOf(storage).outbox)).toEqual(['a:pending']);
  });
});

describe('two tabs with one storage', () => {
  test('keep each the posts of the other', () => {
    const storage = memoryStorage();
    const [one, two] = [outboxOf(storage), outboxOf(storage)];
    one.outbox.post('from one', 'k1');
    two.outbox.post('from two', 'k2');
    expect(one.store.read('room1').map((post) => post.text)).toEqual(['from one', 'from two']);
  });

  test('do not both send what one of them has sent already', async () => {
    const storage = memoryStorage();
    const first = outboxOf(storage);
    first.outbox.post('a');
    const second = outboxOf(storage);
    first.outbox.wake('u-1');
    await first.sent[0]!.answer();
    second.outbox.wake('u-1');
    expect(second.sent).toEqual([]);
    expect(texts(second.outbox)).toEqual([]);
  });
});

test('a full storage costs the safety of a post, not the post', async () => {
  const full: OutboxStorage = {
    get: () => undefined,
    set: () => {
      throw new Error('quota exceeded');
    },
    remove: () => undefined,
  };
  const { outbox, sent, errors } = outboxOf(full);
  outbox.wake('u-1');
  const post = outbox.post('a');
  await sent[0]!.answer();
  expect(await post.posted).toMatchObject({ id: at(1) });
  expect(errors[0]?.code).toBe('storage');
});
