import { HubbubError, type Room } from 'hubbub-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openRoom } from '../src/live/open-room';
import { RoomList } from '../src/live/room-list';

const EPOCH = '9f3a01bc';

function room(id: string, head: number, more: Partial<Room> = {}): Room {
  const position = `${EPOCH}:${head}`;
  return { id, name: id, visibility: 'public', consistency: 'strong', position, head, role: null, readMark: null, createdAt: '', ...more };
}

/** The rooms that a server has, for the two questions that opening one asks. */
function serverWith(...rooms: Room[]) {
  return {
    createRoom: ({ id = 'made-up', name = id, visibility = 'public' }: Partial<Room> = {}): Promise<Room> =>
      rooms.some((existing) => existing.id === id)
        ? Promise.reject(new HubbubError('room_exists', 'There is such a room.', { status: 409 }))
        : Promise.resolve(room(id, 1, { name, visibility, role: 'owner' })),
    room: (id: string): Promise<Room> => {
      const found = rooms.find((existing) => existing.id === id && (existing.visibility === 'public' || existing.role));
      return found ? Promise.resolve(found) : Promise.reject(new HubbubError('not_found', 'No such room.', { status: 404 }));
    },
  };
}

describe('Opening a room by its name', () => {
  it('makes it where there is none, with an id made of the name', async () => {
    expect(await openRoom(serverWith(), ' Team lunch ', 'private')).toMatchObject({
      created: true,
      room: { id: 'team-lunch', name: 'Team lunch', visibility: 'private' },
    });
    expect(await openRoom(serverWith(), 'Привет', 'public')).toMatchObject({ room: { id: 'made-up', name: 'Привет' } });
  });

  it('finds it where there is one', async () => {
    expect(await openRoom(serverWith(room('general', 5)), 'general', 'public')).toMatchObject({ created: false, room: { head: 5 } });
  });

  it('leads nobody who wants a private room into a public one', async () => {
    expect(await openRoom(serverWith(room('general', 5)), 'general', 'private')).toHaveProperty('problem');
  });

  it('says that a private room has the name', async () => {
    const hidden = room('board', 5, { visibility: 'private' });
    expect(await openRoom(serverWith(hidden), 'board', 'public')).toEqual({ problem: '“board” is taken by a private room.' });
  });

  it('says what the server says otherwise', async () => {
    const full = { ...serverWith(), createRoom: () => Promise.reject(new HubbubError('overloaded', 'Too much to do.')) };
    expect(await openRoom(full, 'x', 'public')).toEqual({ problem: 'Too much to do.' });
  });
});

const noRoom = (): Promise<Room> => Promise.reject(new HubbubError('not_found', 'No such room.'));

describe('The list of rooms', () => {
  afterEach(() => vi.useRealTimers());

  it('shows as many pages as were asked for', async () => {
    const all = ['a', 'b', 'c'].map((id) => room(id, 1));
    const list = new RoomList({
      room: noRoom,
      rooms: ({ after } = {}) => {
        const from = after ? all.findIndex(({ id }) => id === after) + 1 : 0;
        return Promise.resolve({ rooms: all.slice(from, from + 1), next: from < 2 ? all[from]!.id : null });
      },
    });
    await list.refresh();
    expect([list.rooms.map(({ id }) => id), list.hasMore]).toEqual([['a'], true]);
    await list.showMore();
    await list.showMore();
    expect([list.rooms.map(({ id }) => id), list.hasMore]).toEqual([['a', 'b', 'c'], false]);
  });

  it('asks again afterwards when it is asked while it is asking', async () => {
    const answers: (() => void)[] = [];
    const list = new RoomList({
      room: noRoom,
      rooms: () => new Promise((settle) => answers.push(() => settle({ rooms: [], next: null }))),
    });
    const first = list.refresh();
    void list.refresh();
    void list.refresh();
    expect(answers.length).toBe(1);
    answers[0]!();
    await first;
    await Promise.resolve();
    expect(answers.length).toBe(2);
  });

  it('keeps what it has when the server does not answer', async () => {
    let fails = false;
    const list = new RoomList({
      room: noRoom,
      rooms: () => (fails ? Promise.reject(new Error('down')) : Promise.resolve({ rooms: [room('a', 1)], next: null })),
    });
    await list.refresh();
    fails = true;
    await list.refresh();
    expect([list.rooms.length, list.failed, list.loaded]).toEqual([1, true, true]);
  });

  it('takes off the dot at once where something was read here', async () => {
    const unread = room('a', 5, { readMark: `${EPOCH}:3` });
    const list = new RoomList({ room: noRoom, rooms: () => Promise.resolve({ rooms: [unread], next: null }) });
    await list.refresh();
    expect(list.isUnread(unread)).toBe(true);
    list.read('a', `${EPOCH}:5`);
    expect(list.isUnread(unread)).toBe(false);
    expect(list.isUnread({ ...unread, position: `${EPOCH}:6` })).toBe(true);
  });

  it('knows a room that it does not reach as far as, and asks for none that is not there', async () => {
    const asked: string[] = [];
    const api = (next: string | null) => ({
      rooms: () => Promise.resolve({ rooms: [room('a', 1)], next }),
      room: (id: string) => (asked.push(id), Promise.resolve(room(id, 2))),
    });
    expect(await new RoomList(api(null)).known('a')).toMatchObject({ head: 1 });
    expect(await new RoomList(api(null)).known('z')).toBeUndefined();
    expect(asked).toEqual([]);
    expect(await new RoomList(api('a')).known('z')).toMatchObject({ head: 2 });
  });
});
