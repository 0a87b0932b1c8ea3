import type { Room, RoomEvent } from 'hubbub-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { NotifyLevels } from '../src/live/notify-levels';
import { Notifier } from '../src/live/notifier';
import { RoomList } from '../src/live/room-list';
import { FOLLOWED_MAX, Watcher } from '../src/live/watcher';
import { fuzzyFind, fuzzyScore } from '../src/model/fuzzy';
import { sectionsOf } from '../src/model/sections';
import { ada, bo, idOf, RoomStory } from './room-story';

function room(id: string, more: Partial<Room> & { direct?: boolean } = {}): Room {
  return { id, name: id, visibility: 'public', consistency: 'strong', position: idOf(0), head: 0, role: null, readMark: null, createdAt: '', ...more };
}

async function listOf(...rooms: Room[]) {
  const list = new RoomList({ rooms: () => Promise.resolve({ rooms: rooms.map((listed) => ({ ...listed })), next: null }), room: () => Promise.reject(new Error('not asked')) });
  await list.refresh();
  return list;
}

const mention = (event: RoomEvent, ...mentions: string[]): RoomEvent => ({ ...event, mentions }) as unknown as RoomEvent;

describe('What waits in a room', () => {
  it('is what the server has counted, and what has come since', async () => {
    const list = await listOf(room('room1', { position: idOf(5), head: 5, readMark: idOf(2), role: 'member', unread: 2, mentions: 1 }));
    const story = new RoomStory();
    for (let i = 1; i <= 5; i++) story.says('old');
    list.hear(story.says('mine'), ada.id);
    list.hear(mention(story.says('for you', { by: bo }), ada.id), ada.id);
    list.hear(mention(story.says('for all', { by: bo }), '@room'), ada.id);
    list.hear(story.edits(2, 'no message'), ada.id);

    expect(list.waiting(list.find('room1')!)).toEqual({ isUnread: true, unread: 4, mentions: 3 });
    list.read('room1', idOf(9));
    expect(list.waiting(list.find('room1')!)).toEqual({ isUnread: false, unread: 0, mentions: 0 });
  });

  it('is not counted twice when the server counts it as well, nor when it comes twice', async () => {
    const told = { position: idOf(1), head: 1, readMark: idOf(0), role: 'member' as const, unread: 1, mentions: 0 };
    let listed = room('room1', told);
    const list = new RoomList({ rooms: () => Promise.resolve({ rooms: [{ ...listed }], next: null }), room: () => Promise.reject(new Error()) });
    await list.refresh();
    const story = new RoomStory();
    story.says('one', { by: bo });
    const two = story.says('two', { by: bo });
    list.hear(two, ada.id);
    list.hear(two, ada.id);
    expect(list.waiting(list.find('room1')!).unread).toBe(2);
    listed = room('room1', { ...told, position: idOf(2), head: 2, unread: 2 });
    await list.refresh();
    expect(list.waiting(list.find('room1')!).unread).toBe(2);
  });

  it('is, of a thread, only what mentions one', async () => {
    const list = await listOf(room('room1', { position: idOf(1), head: 1, readMark: idOf(1), role: 'member', unread: 0, mentions: 0 }));
    const story = new RoomStory();
    story.says('root');
    list.hear({ ...story.says('quietly', { by: bo }), thread: idOf(1) } as RoomEvent, ada.id);
    expect(list.waiting(list.find('room1')!)).toEqual({ isUnread: false, unread: 0, mentions: 0 });
    list.hear({ ...mention(story.says('for you', { by: bo }), ada.id), thread: idOf(1) } as RoomEvent, ada.id);
    expect(list.waiting(list.find('room1')!)).toEqual({ isUnread: false, unread: 0, mentions: 1 });
  });

  it('is nothing where only one’s own messages lie behind the mark', async () => {
    const list = await listOf(room('room1', { position: idOf(5), head: 5, readMark: idOf(2), role: 'member', unread: 0, mentions: 0 }));
    expect(list.waiting(list.find('room1')!).isUnread).toBe(false);
  });
});

describe('The sections of the list', () => {
  it('are direct rooms, one’s own, and those open to everyone, by name', () => {
    const sections = sectionsOf(
      [room('z', { role: 'member' }), room('b'), room('d', { direct: true, role: 'member' }), room('a'), room('visited')],
      ({ id }) => id === 'visited',
    );
    expect(sections.map(({ kind, rooms }) => `${kind}: ${rooms.map(({ id }) => id).join(' ')}`)).toEqual(['direct: d', 'own: visited z', 'public: a b']);
  });
});

describe('The switcher', () => {
  const names = ['general', 'game night', 'german lessons', 'random', 'engineering'];
  const find = (typed: string) => fuzzyFind(names, typed, (name) => name, 3);

  it('finds a room by some of its letters, the best first', () => {
    expect(find('gen')[0]).toBe('general');
    expect(find('gn')[0]).toBe('game night');
    expect(find('GERM')).toEqual(['german lessons']);
    expect(find('eng')[0]).toBe('engineering');
    expect(find('xyz')).toEqual([]);
  });

  it('takes letters only in their order', () => {
    expect(fuzzyScore('abc', 'cb')).toBeUndefined();
    expect(fuzzyScore('Über uns', 'üu')).toBeDefined();
  });
});

describe('The watcher', () => {
  function hub() {
    const joined: string[] = [];
    const listeners = new Map<string, (argument: unknown) => void>();
    return {
      joined,
      end: (roomId: string) => listeners.get(`${roomId} left`)!({ reason: 'refused' }),
      say: (roomId: string, event: RoomEvent) => listeners.get(`${roomId} event`)!(event),
      join: (roomId: string) => {
        joined.push(roomId);
        return {
          on: (kind: string, listener: (argument: unknown) => void) => (listeners.set(`${roomId} ${kind}`, listener), () => {}),
          leave: () => joined.splice(joined.indexOf(roomId), 1),
        } as never;
      },
    };
  }

  it('follows the rooms that one is in or has read, but for the open one, and not too many', () => {
    const fake = hub();
    const watcher = new Watcher(fake, () => {});
    watcher.setOpen('open');
    watcher.follow([room('open', { role: 'member' }), room('in', { role: 'member' }), room('read', { readMark: idOf(1) }), room('foreign')]);
    expect(fake.joined).toEqual(['in', 'read']);
    watcher.setOpen('in');
    expect(fake.joined).toEqual(['read', 'open']);
    watcher.follow(Array.from({ length: 200 }, (_, i) => room(`r${i}`, { role: 'member' })));
    expect(fake.joined.length).toBe(FOLLOWED_MAX);
    watcher.stop();
    expect(fake.joined).toEqual([]);
  });

  it('does not ask again for what it may not read', () => {
    const fake = hub();
    const watcher = new Watcher(fake, () => {});
    watcher.follow([room('in', { role: 'member' })]);
    fake.end('in');
    watcher.follow([room('in', { role: 'member' })]);
    expect(fake.joined).toEqual(['in']);
  });
});

describe('Notifications', () => {
  afterEach(() => vi.unstubAllGlobals());

  function notifier({ permission = 'granted', leads = true, attended = '' } = {}) {
    const shown: string[] = [];
    vi.stubGlobal('Notification', class {
      static permission = permission;
      constructor(title: string, { body }: { body: string }) {
        shown.push(`${title}: ${body}`);
      }
    });
    const kept = new Map<string, string>();
    const levels = new NotifyLevels(() => ({ getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) }));
    const subject = new Notifier(levels, { leads, isAttended: (roomId) => roomId === attended });
    return { shown, levels, hear: (event: RoomEvent) => subject.hear(event, { roomName: 'Tea', me: ada.id, open: () => {} }) };
  }
  const story = new RoomStory();
  const theirs = story.says('**Hello** you', { by: bo });

  it('say who wrote what and where, without marks', () => {
    const { shown, hear } = notifier();
    hear(theirs);
    expect(shown).toEqual(['Bo – Tea: Hello you']);
  });

  it('come from one tab only, of nothing that somebody looks at, that is one’s own, or is no message', () => {
    for (const options of [{ leads: false }, { attended: 'room1' }, { permission: 'default' }]) {
      const { shown, hear } = notifier(options);
      hear(theirs);
      expect(shown).toEqual([]);
    }
    const { shown, hear } = notifier();
    hear(story.says('mine'));
    hear(story.edits(1, 'x'));
    expect(shown).toEqual([]);
  });

  it('are of all messages of a room, of mentions, or of none', () => {
    const { shown, levels, hear } = notifier();
    levels.choose('room1', 'mentions');
    hear(theirs);
    expect(shown.length).toBe(0);
    hear(mention(theirs, ada.id));
    hear(mention(theirs, '@room'));
    expect(shown.length).toBe(2);
    levels.choose('room1', 'none');
    hear(mention(theirs, ada.id));
    expect(shown.length).toBe(2);
  });
});
