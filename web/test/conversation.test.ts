import type { RoomEvent } from 'hubbub-client';
import { describe, expect, it } from 'vitest';
import { Conversation } from '../src/model/conversation';
import { text } from '../src/texts';
import { ada, bo, randomStory, RoomStory, seeded } from './room-story';

function folded(...portions: RoomEvent[][]): Conversation {
  const conversation = new Conversation();
  for (const portion of portions) conversation.fold(portion);
  return conversation;
}

/** Everything that a person could see of it. */
const seen = (conversation: Conversation) => {
  const { items, first, last, name } = conversation;
  return { items, first, last, name: name?.text, threads: items.map((item) => conversation.threadOf(item.sequence)) };
};

describe('A conversation', () => {
  it('shows messages and notices in the order of their sequence', () => {
    const story = new RoomStory();
    story.tell({ type: 'room_created', name: 'room1', visibility: 'public' });
    story.says('one');
    story.tell({ type: 'member_joined', user: bo, role: 'member' }, bo);
    story.says('two', { by: bo });
    story.tell({ type: 'room_renamed', name: 'Lunch' });
    story.tell({ type: 'member_left', user: bo, reason: 'removed' });

    const shown = folded(story.events).items.map((item) => (item.kind === 'message' ? item.text : text(item.saying, ...item.words)));

    expect(shown).toEqual([
      'Ada created the room', 'one', 'Bo joined', 'two', 'Ada renamed the room to “Lunch”', 'Bo was removed',
    ]);
  });

  it('shows the newest edit, whichever came first', () => {
    const story = new RoomStory();
    const message = story.says('draft');
    const first = story.edits(1, 'better');
    const second = story.edits(1, 'best');

    for (const order of [[message, first, second], [second, first, message], [second, message, first]]) {
      expect(folded(order).message(1)).toMatchObject({ text: 'best', edited: true, deleted: false });
    }
  });

  it('keeps nothing of a deleted message, also when an edit follows or comes earlier by another way', () => {
    const story = new RoomStory();
    const message = story.says('secret');
    const deletion = story.deletes(1);
    const edit = story.edits(1, 'secret again');

    for (const order of [[message, deletion, edit], [edit, message, deletion], [edit, deletion, message]]) {
      const conversation = folded(order);
      expect(conversation.message(1)).toMatchObject({ text: '', edited: false, deleted: true });
      expect(JSON.stringify(conversation.items)).not.toContain('secret');
    }
  });

  it('applies edits that are held already to messages that come later as history', () => {
    const story = new RoomStory();
    const old = story.says('old');
    const edit = story.edits(1, 'new');

    const conversation = folded([edit]);
    expect(conversation.items).toEqual([]);
    conversation.fold([old]);

    expect(conversation.items).toMatchObject([{ text: 'new', edited: true }]);
  });

  it('replaces an item that changes and keeps the others as they are', () => {
    const story = new RoomStory();
    story.says('one');
    story.says('two');
    const conversation = folded(story.events);
    const [one, two] = conversation.items;

    conversation.fold([story.edits(2, 'two, really')]);

    expect(conversation.items[0]).toBe(one);
    expect(conversation.items[1]).not.toBe(two);
  });

  it('counts each person’s reactions once, by the last that they did, whatever came first', () => {
    const story = new RoomStory();
    const message = story.says('hello');
    const react = (by: typeof ada, given: boolean, emoji: string): RoomEvent => story.tell({ type: given ? 'reaction_added' : 'reaction_removed', messageId: message.id, emoji }, by);
    const events = [react(bo, true, '🎉'), react(ada, true, '🎉'), react(bo, true, '👍'), react(bo, false, '🎉'), react(ada, false, '👍')];

    for (const order of [[message, ...events], [...events, message], [...events].reverse().concat(message), [message, ...events, ...events]]) {
      expect(folded(order).message(1)?.reactions).toEqual([{ emoji: '🎉', users: [ada.id] }, { emoji: '👍', users: [bo.id] }]);
    }
  });

  it('keeps threads apart from the room, and counts them at their root', () => {
    const story = new RoomStory();
    const root = story.says('who comes?');
    const first = story.tell({ type: 'message', message: 'me', thread: root.id }, bo);
    story.tell({ type: 'message', message: 'me too', thread: root.id });
    const conversation = folded(story.events);
    expect(conversation.items.length).toBe(1);
    expect(conversation.message(1)?.replies).toEqual({ count: 2, last: 3 });
    expect(conversation.threadOf(1).map((message) => message.text)).toEqual(['me', 'me too']);

    conversation.fold([story.edits(2, 'me, with cake')]);
    expect(conversation.threadOf(1)[0]).toMatchObject({ text: 'me, with cake', edited: true });
    conversation.fold([story.deletes(3)]);
    expect(conversation.message(1)?.replies).toEqual({ count: 1, last: 2 });
    const fetched = folded([root]);
    fetched.foldThread([first, ...story.events.slice(2)]);
    expect(seen(fetched).threads).toEqual(seen(conversation).threads);
  });

  it('says what became of the room in its notices', () => {
    const story = new RoomStory();
    story.tell({ type: 'room_topic', topic: 'Cake' });
    story.tell({ type: 'role_changed', user: bo, role: 'moderator' });
    story.tell({ type: 'slow_mode', seconds: 30 });
    story.tell({ type: 'room_archived' });
    expect(folded(story.events).items.map((item) => (item.kind === 'notice' ? text(item.saying, ...item.words) : ''))).toEqual([
      'Ada set the topic to “Cake”', 'Bo is a moderator now', 'Slow mode: one message per 30 s', 'Ada archived the room',
    ]);
  });

  it('shows a marker for an entry that it cannot read, and goes on behind it', () => {
    const story = new RoomStory();
    story.says('before');
    const poison = [
      { type: 'message', roomId: 'room1', sequence: 2, id: '9f3a01bc:2', sentAt: 'yesterday' },
      { type: 'member_joined', roomId: 'room1', sequence: 3, id: '9f3a01bc:3', user: null },
    ] as unknown as RoomEvent[];
    story.events.push(...poison);
    story.says('after');
    const shown = folded(story.events).items.map((item) => (item.kind === 'message' ? item.text : text(item.saying, ...item.words)));
    expect(shown[0]).toBe('before');
    expect(shown.slice(1, -1)).toEqual(['This entry cannot be shown.', 'This entry cannot be shown.']);
    expect(shown.at(-1)).toBe('after');
  });

  it('takes the room’s name from the latest event that gives one', () => {
    const story = new RoomStory();
    const created = story.tell({ type: 'room_created', name: 'first', visibility: 'public' });
    const renamed = story.tell({ type: 'room_renamed', name: 'second' });

    expect(folded([renamed], [created]).name?.text).toBe('second');
  });

  it('is, from a stale state and the events missed since, what a fresh fetch gives', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed);
      const story = randomStory(random, 20 + random(100));
      const stale = folded(story.events.slice(0, random(story.head)));
      // What is missed overlaps what is held: a stream may repeat what a page has brought.
      stale.fold(story.events.slice(Math.max(0, stale.last - random(10))));

      expect(seen(stale), `seed ${seed}`).toEqual(seen(folded(story.events)));
    }
  });

  it('is the same for history page by page backwards, with live events between, as for one reading forwards', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed);
      const story = randomStory(random, 20 + random(100));
      let from = random(story.head);
      let live = from;
      const conversation = new Conversation();
      while (from > 0 || live < story.head) {
        if (from > 0 && (live === story.head || random(2))) {
          const page = 1 + random(20);
          conversation.fold(story.events.slice(Math.max(0, from - page), from));
          from = Math.max(0, from - page);
        } else {
          conversation.fold([story.events[live++]!]);
        }
      }

      expect(seen(conversation), `seed ${seed}`).toEqual(seen(folded(story.events)));
    }
  });

  it('reads the same again when what it forgot comes back as history', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed);
      const story = randomStory(random, 20 + random(100));
      const conversation = folded(story.events);
      const from = 1 + random(story.head);
      conversation.forgetBefore(from);
      expect(conversation.items.every((item) => item.sequence >= from), `seed ${seed}`).toBe(true);
      expect(conversation.first, `seed ${seed}`).toBe(from);
      conversation.fold(story.events.slice(0, from - 1));

      expect(seen(conversation), `seed ${seed}`).toEqual(seen(folded(story.events)));
    }
  });

  it('takes fifty thousand messages, then one more at once', () => {
    const story = new RoomStory();
    for (let i = 0; i < 50_000; i++) story.says(`message ${i}`);
    const conversation = folded(story.events);
    const times = Array.from({ length: 20 }, () => {
      const event = story.says('one more');
      const started = performance.now();
      conversation.fold([event]);
      return performance.now() - started;
    });

    expect(conversation.items.length).toBe(50_020);
    // It is some microseconds. Copying the list would be some 50 each time; folding it again, milliseconds.
    expect(Math.min(...times)).toBeLessThan(0.5);
  });
});
