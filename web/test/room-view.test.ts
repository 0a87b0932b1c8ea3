import type { PendingPost } from 'hubbub-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FIRST_PAGE, HELD_AT_END_MAX, HELD_MAX, HISTORY_PAGE, RoomView } from '../src/live/room-view';
import { ada, bo, idOf, RoomStory } from './room-story';
import { ScriptedSubscription } from './scripted-subscription';

function openRoom(messages: number, mark?: number) {
  const story = new RoomStory();
  for (let i = 1; i <= messages; i++) story.says(`message ${i}`, { by: bo });
  const subscription = new ScriptedSubscription(story);
  const read: string[] = [];
  const view = new RoomView(subscription, () => ada, {
    onRead: (position) => read.push(position),
    ...(mark === undefined ? {} : { mark: Promise.resolve(idOf(mark)) }),
  });
  return { story, subscription, view, read };
}

const sequences = (view: RoomView): number[] => view.conversation.items.map((item) => item.sequence);
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('An open room', () => {
  beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => vi.useRealTimers());

  it('is loaded when the head of the moment of opening has come', () => {
    const { story, subscription, view } = openRoom(60);
    subscription.position = idOf(10);
    subscription.emit('joined', { roomId: 'room1', position: idOf(10), head: 60 });
    for (const event of story.events.slice(10, 59)) subscription.emit('event', event);
    expect(view.loaded).toBe(false);
    subscription.emit('event', story.events[59]!);

    expect(view.loaded).toBe(true);
    expect(sequences(view)).toEqual(range(11, 60));
    expect(view.history).toBe('more');
  });

  it('is loaded at once where there is nothing', () => {
    const { subscription, view } = openRoom(0);
    subscription.begin(FIRST_PAGE);

    expect(view.loaded).toBe(true);
    expect(view.history).toBe('start');
  });

  it('does not wait for ever for a head of a kind that is unknown here', () => {
    const { subscription, view } = openRoom(1);
    subscription.position = idOf(0);
    subscription.emit('joined', { roomId: 'room1', position: idOf(0), head: 1 });
    expect(view.loaded).toBe(false);
    vi.advanceTimersByTime(3_000);

    expect(view.loaded).toBe(true);
  });

  it('reads history page by page to the first event, one question at a time', async () => {
    const { subscription, view } = openRoom(230);
    subscription.begin(FIRST_PAGE);
    void view.loadEarlier();
    void view.loadEarlier();
    expect(subscription.asked).toEqual([{ before: idOf(181), limit: HISTORY_PAGE }]);
    await subscription.answer();
    expect(sequences(view)).toEqual(range(81, 230));
    expect([...view.conversation.seams]).toEqual([181]);

    void view.loadEarlier();
    await subscription.answer();
    expect(sequences(view)).toEqual(range(1, 230));
    expect(view.history).toBe('start');
    void view.loadEarlier();
    expect(subscription.asked.length).toBe(2);
  });

  it('says when history did not come, and asks again when told to', async () => {
    const { subscription, view } = openRoom(100);
    subscription.begin(FIRST_PAGE);
    void view.loadEarlier();
    await subscription.answer(new Error('The network failed.'));
    expect(view.history).toBe('failed');

    void view.loadEarlier();
    await subscription.answer();
    expect(sequences(view)).toEqual(range(1, 100));
  });

  it('goes on past a page in which it knows no event', async () => {
    const { story, subscription, view } = openRoom(200);
    subscription.begin(FIRST_PAGE);
    story.events.splice(0, 150, ...range(1, 150).map(() => undefined as never));
    const { history } = subscription;
    subscription.history = (query) => history.call(subscription, query).then((page) => ({ ...page, events: [] }));
    void view.loadEarlier();
    await subscription.answer();
    await Promise.resolve();
    void view.loadEarlier();

    expect(subscription.asked.map((query) => query.before)).toEqual([idOf(151), idOf(51)]);
  });

  it('drops what it holds at a gap and loads the page that ends there', async () => {
    const { story, subscription, view } = openRoom(60);
    subscription.begin(FIRST_PAGE);
    for (let i = 0; i < 1_000; i++) story.says('missed');
    subscription.lose(1_060);
    expect(view.loaded).toBe(false);
    expect(sequences(view)).toEqual([]);
    story.says('live, before the page has come');
    subscription.deliver();
    await subscription.answer();

    expect(view.loaded).toBe(true);
    expect(subscription.asked).toEqual([{ before: idOf(1_061), limit: FIRST_PAGE }]);
    expect(sequences(view)).toEqual(range(1_011, 1_061));
  });

  it('asks for the page after a gap until it comes', async () => {
    const { subscription, view } = openRoom(60);
    subscription.begin(FIRST_PAGE);
    subscription.lose(60);
    await subscription.answer(new Error('The network failed.'));
    expect(view.loaded).toBe(false);
    await vi.advanceTimersByTimeAsync(2_000);
    await subscription.answer();

    expect(sequences(view)).toEqual(range(11, 60));
  });

  it('does not mix a page asked for before a gap into what comes after it', async () => {
    const { subscription, view } = openRoom(500);
    subscription.begin(FIRST_PAGE);
    void view.loadEarlier();
    subscription.lose(500);
    await subscription.answer();
    expect(sequences(view)).toEqual([]);
    await subscription.answer();

    expect(sequences(view)).toEqual(range(451, 500));
    expect(view.history).toBe('more');
  });

  it('goes on after what a relaxed room skips, and asks for it only when told to, a page at a time', async () => {
    const { story, subscription, view } = openRoom(10);
    subscription.begin(FIRST_PAGE);
    for (let i = 0; i < 131; i++) story.says('in the crowd');
    subscription.skipTo(140);
    subscription.deliver();
    expect(sequences(view)).toEqual([...range(1, 10), 141]);
    expect(subscription.asked).toEqual([]);

    void view.loadSkipped(view.conversation.skips[0]!);
    expect(subscription.asked).toEqual([{ before: idOf(141), limit: HISTORY_PAGE }]);
    await subscription.answer();
    expect(sequences(view)).toEqual([...range(1, 10), ...range(41, 141)]);
    expect(view.conversation.skips).toMatchObject([{ after: 10, upTo: 40 }]);

    void view.loadSkipped(view.conversation.skips[0]!);
    await subscription.answer();
    expect(sequences(view)).toEqual(range(1, 141));
    expect(view.conversation.skips).toEqual([]);
  });

  it('says when what was skipped did not come, and still has its line', async () => {
    const { subscription, view } = openRoom(10);
    subscription.begin(FIRST_PAGE);
    subscription.skipTo(20);
    const came = view.loadSkipped(view.conversation.skips[0]!);
    await subscription.answer(new Error('The network failed.'));
    expect(await came).toBe(false);
    expect(view.conversation.skips.length).toBe(1);
  });

  it('reads what was skipped by itself while an own message is on its way', () => {
    const { subscription, view } = openRoom(10);
    subscription.begin(FIRST_PAGE);
    subscription.outbox = [{ state: 'sent' } as PendingPost];
    subscription.skipTo(20);
    expect(subscription.asked).toEqual([{ before: idOf(21), limit: 10 }]);
    expect(view.conversation.skips.length).toBe(1);
  });

  it('shows others typing for five seconds, and never oneself', () => {
    const { subscription, view } = openRoom(1);
    subscription.begin(FIRST_PAGE);
    subscription.emit('signal', { type: 'typing', roomId: 'room1', user: ada });
    subscription.emit('signal', { type: 'typing', roomId: 'room1', user: bo });
    expect(view.typing.names(Date.now())).toEqual(['Bo']);

    let redrawn = 0;
    vi.advanceTimersByTime(100);
    view.changes.subscribe(() => redrawn++);
    vi.advanceTimersByTime(5_000);
    expect(view.typing.names(Date.now())).toEqual([]);
    expect(redrawn).toBeGreaterThan(0);
  });

  it('moves the read mark at once here, and a moment later at the server', () => {
    const { story, subscription, view, read } = openRoom(3);
    subscription.begin(FIRST_PAGE);
    view.seen();
    view.seen();
    story.says('one more');
    subscription.deliver();
    view.seen();
    expect(read).toEqual([idOf(3), idOf(4)]);
    expect(subscription.marks).toEqual([]);
    vi.advanceTimersByTime(2_000);
    expect(subscription.marks).toEqual([idOf(4)]);

    story.says('and one');
    subscription.deliver();
    view.seen();
    view.close();
    expect(subscription.marks).toEqual([idOf(4), idOf(5)]);
    expect(subscription.hasLeft).toBe(true);
  });

  it('holds no more than its maximum, at the end less, and can read again what it let go', async () => {
    const { story, subscription, view } = openRoom(HELD_AT_END_MAX - 10);
    view.isAtEnd = false;
    subscription.begin(HELD_AT_END_MAX);
    for (let i = 0; i < 20; i++) story.says('more');
    subscription.deliver();
    expect(view.conversation.first).toBe(1);
    view.isAtEnd = true;
    story.says('and more');
    subscription.deliver();
    expect(view.conversation.items.length).toBeLessThanOrEqual(HELD_AT_END_MAX);
    expect(view.conversation.last).toBe(HELD_AT_END_MAX + 11);
    expect(view.history).toBe('more');

    const { first } = view.conversation;
    void view.loadEarlier();
    await subscription.answer();
    expect(view.conversation.first).toBe(first - HISTORY_PAGE);
  });

  it('lets go of the newest where history grows beyond its maximum, and comes back to it', async () => {
    const { story, subscription, view } = openRoom(HELD_MAX + 300);
    story.edits(HELD_MAX + 299, 'edited before');
    view.isAtEnd = false;
    subscription.begin(HELD_MAX - 10);
    void view.loadEarlier();
    await subscription.answer();
    expect([view.isLive, view.later, view.history]).toEqual([false, 'more', 'more']);
    expect(view.conversation.span).toBeLessThan(HELD_MAX);
    const { first, last } = view.conversation;
    expect(sequences(view)).toEqual(range(first, last));

    // Its own live end goes on, and both meet again page by page.
    story.says('live');
    subscription.deliver();
    view.showLive();
    expect(view.conversation.message(HELD_MAX + 299)).toMatchObject({ text: 'edited before' });
    expect(sequences(view).at(-1)).toBe(HELD_MAX + 302);
    expect(sequences(view).length).toBeLessThanOrEqual(FIRST_PAGE + 1);
  });

  it('redraws some thirty times a second in a storm, and shows the last of it', () => {
    const { story, subscription, view } = openRoom(0);
    subscription.begin(FIRST_PAGE);
    vi.advanceTimersByTime(100);
    const drawn: number[] = [];
    view.changes.subscribe(() => drawn.push(view.conversation.last));
    for (let i = 0; i < 1_000; i++) {
      story.says('burst');
      subscription.deliver();
      vi.advanceTimersByTime(1);
    }
    vi.advanceTimersByTime(100);

    expect(drawn.length).toBeLessThan(40);
    expect(drawn.at(-1)).toBe(1_000);
  });

  it('opens at the first message that was new, with what it holds already', async () => {
    const { subscription, view } = openRoom(60, 40);
    subscription.begin(FIRST_PAGE);
    expect(view.loaded).toBe(false);
    await vi.advanceTimersByTimeAsync(0);

    expect(view.loaded).toBe(true);
    expect([view.newAfter, view.target]).toEqual([40, { sequence: 41, as: 'new' }]);
    expect(subscription.asked).toEqual([]);
    expect(view.isLive).toBe(true);
  });

  it('opens at its end where nothing is new, or only what one wrote oneself', async () => {
    for (const newAfter of [59, 60]) {
      const { story, subscription, view } = openRoom(59, newAfter);
      story.says('mine');
      subscription.begin(FIRST_PAGE);
      await vi.advanceTimersByTimeAsync(0);
      expect([view.loaded, view.newAfter, view.target]).toEqual([true, undefined, undefined]);
    }
  });

  it('opens far back with one page around where one had left off, and goes to the live end without a question', async () => {
    const { story, subscription, view } = openRoom(5_000, 1_000);
    subscription.begin(FIRST_PAGE);
    await vi.advanceTimersByTimeAsync(0);
    expect(subscription.asked).toEqual([{ around: idOf(1_001), limit: HISTORY_PAGE }]);
    await subscription.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect([view.loaded, view.isLive, view.later, view.newAfter]).toEqual([true, false, 'more', 1_000]);
    expect(sequences(view)).toEqual(range(952, 1_051));

    story.says('live');
    subscription.deliver();
    expect(sequences(view)).toEqual(range(952, 1_051));
    view.showLive();
    expect(sequences(view)).toEqual(range(4_951, 5_001));
    expect(subscription.asked.length).toBe(1);
  });

  it('reads on from the past until it meets the live end, and is then one with it', async () => {
    const { story, subscription, view } = openRoom(300, 100);
    subscription.begin(FIRST_PAGE);
    await vi.advanceTimersByTimeAsync(0);
    await subscription.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(sequences(view)).toEqual(range(52, 151));

    // An edit comes live, of a message that only the past holds, and one of a message that neither holds yet.
    story.edits(120, 'edited meanwhile');
    story.edits(200, 'edited before it was read');
    subscription.deliver();
    expect(view.conversation.message(120)).toMatchObject({ text: 'edited meanwhile', edited: true });
    void view.loadLater();
    void view.loadLater();
    expect(subscription.asked.at(-1)).toEqual({ before: idOf(252), limit: HISTORY_PAGE });
    await subscription.answer();
    await vi.advanceTimersByTimeAsync(0);

    expect([view.isLive, view.later]).toEqual([true, 'end']);
    expect(sequences(view)).toEqual(range(52, 300));
    expect(view.conversation.message(200)).toMatchObject({ text: 'edited before it was read' });
    story.says('live');
    subscription.deliver();
    expect(view.conversation.last).toBe(303);
  });

  it('leads to any message: what is held at once, what is not by a page around it', async () => {
    const { subscription, view } = openRoom(1_000);
    subscription.begin(FIRST_PAGE);
    expect(await view.jumpTo(970)).toBe(true);
    expect([view.target, view.isLive]).toEqual([{ sequence: 970, as: 'message' }, true]);

    const led = view.jumpTo(500);
    await subscription.answer();
    expect(await led).toBe(true);
    expect([view.target, view.isLive]).toEqual([{ sequence: 500, as: 'message' }, false]);
    const failed = view.jumpTo(10);
    await subscription.answer(new Error('The network failed.'));
    expect(await failed).toBe(false);
    expect(sequences(view)).toContain(500);
    expect(await view.jumpTo(990)).toBe(true);
    expect(view.isLive).toBe(true);
  });

  it('says that something was missed while it is being fetched', async () => {
    const { subscription, view } = openRoom(60);
    subscription.begin(FIRST_PAGE);
    subscription.lose(60);
    expect([view.loaded, view.missed]).toEqual([false, true]);
    await subscription.answer();
    expect([view.loaded, view.missed]).toEqual([true, false]);
  });

  it('does not wait for ever to hear where one had left off', async () => {
    const story = new RoomStory();
    story.says('a');
    const subscription = new ScriptedSubscription(story);
    const view = new RoomView(subscription, () => ada, { mark: new Promise(() => {}) });
    subscription.begin(FIRST_PAGE);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(view.loaded).toBe(true);
  });

  it('moves the read mark as far as the screen showed, and no further', () => {
    const { subscription, view, read } = openRoom(60);
    subscription.begin(FIRST_PAGE);
    view.seen(30);
    view.seen(20);
    expect(read).toEqual([idOf(30)]);
    view.seen();
    expect(read).toEqual([idOf(30), idOf(60)]);
  });
});
