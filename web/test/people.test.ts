import type { Profile } from 'hubbub-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { outranks } from '../src/live/members';
import { People } from '../src/live/people';
import { inkOn } from '../src/model/faces';
import { Standing } from '../src/model/standing';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const profileOf = (id: string): Profile => ({ id, name: id, account: false, color: null, avatar: null, lastSeen: '2026-01-01T00:00:00.000Z', present: true });

function fakeApi(known: string[] = []) {
  const asked: string[][] = [];
  return {
    asked,
    profiles: async (ids: readonly string[]) => {
      asked.push([...ids]);
      return ids.filter((id) => known.includes(id)).map(profileOf);
    },
    blocks: async () => [{ user: 'mallory', since: '2026-01-01T00:00:00.000Z' }],
    block: vi.fn(async () => {}),
    unblock: vi.fn(async () => {}),
  };
}

describe('People', () => {
  it('are asked about together, once a minute at most, and those who are unknown no more often', async () => {
    const api = fakeApi(['ann', 'bob']);
    const people = new People(api);
    for (const id of ['ann', 'bob', 'nobody', 'ann']) expect(people.of(id)).toBeUndefined();
    await vi.advanceTimersByTimeAsync(50);
    expect(api.asked).toEqual([['ann', 'bob', 'nobody']]);
    expect(people.of('ann')?.name).toBe('ann');
    expect(people.of('nobody')).toBeUndefined();
    await vi.advanceTimersByTimeAsync(59_000);
    people.of('nobody');
    expect(api.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    people.of('ann');
    await vi.advanceTimersByTimeAsync(50);
    expect(api.asked.at(-1)).toEqual(['ann']);
  });

  it('are asked about in as many requests as it takes, none of them too long', async () => {
    const api = fakeApi();
    const people = new People(api);
    for (let i = 0; i < 100; i++) people.of(`user-${i}`);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(api.asked.map((ids) => ids.length)).toEqual([40, 40, 20]);
  });

  it('are hidden while they are blocked, and the server is told first', async () => {
    const api = fakeApi();
    const people = new People(api);
    await people.start();
    expect([people.isBlocked('mallory'), people.isBlocked('bob')]).toEqual([true, false]);
    await people.block('bob', true);
    await people.block('mallory', false);
    expect([people.isBlocked('mallory'), people.isBlocked('bob')]).toEqual([false, true]);
    api.block.mockRejectedValueOnce(new Error('offline'));
    await expect(people.block('carol', true)).rejects.toThrow('offline');
    expect(people.isBlocked('carol')).toBe(false);
  });
});

describe('A standing', () => {
  const common = { roomId: 'r', id: 'e:1', sequence: 1, sender: { id: 'ann', name: 'Ann' }, sentAt: '2026-01-01T00:00:00.000Z' };
  const bob = { id: 'bob', name: 'Bob' };

  it('is what the newest events say', () => {
    const standing = new Standing();
    expect([standing.archived, standing.slowSeconds]).toEqual([undefined, undefined]);
    standing.take({ ...common, type: 'room_archived' }, 'bob');
    standing.take({ ...common, type: 'room_unarchived' }, 'bob');
    standing.take({ ...common, type: 'slow_mode', seconds: 30 }, 'bob');
    standing.take({ ...common, type: 'message', message: 'hello' }, 'bob');
    expect([standing.archived, standing.slowSeconds, standing.lastOwnAt]).toEqual([false, 30, 0]);
    standing.take({ ...common, type: 'message', message: 'hello' }, 'ann');
    expect(standing.lastOwnAt).toBe(Date.parse(common.sentAt));
    standing.take({ ...common, type: 'role_changed', user: bob, role: 'reader' }, 'ann');
    standing.take({ ...common, type: 'member_left', user: { id: 'ann', name: 'Ann' }, reason: 'left' }, 'ann');
    expect([standing.membersChanged, standing.ownChanged]).toEqual([2, 1]);
  });

  it('knows a mute until it is over or taken back', () => {
    const standing = new Standing();
    const until = Date.parse('2026-01-01T00:10:00.000Z');
    standing.take({ ...common, type: 'member_muted', user: bob, until: '2026-01-01T00:10:00.000Z' }, 'bob');
    expect(standing.mutedUntil('bob', until - 1)).toBe(until);
    expect(standing.mutedUntil('bob', until)).toBeUndefined();
    expect(standing.mutedUntil('ann', 0)).toBeUndefined();
    standing.take({ ...common, type: 'member_unmuted', user: bob }, 'bob');
    expect(standing.mutedUntil('bob', 0)).toBeUndefined();
  });
});

describe('Who keeps order', () => {
  it('acts on those below, and on who is no member as on a member', () => {
    expect([outranks('owner', 'moderator'), outranks('moderator', 'member'), outranks('moderator', undefined), outranks('owner', 'reader')]).toEqual([true, true, true, true]);
    expect([outranks('owner', 'owner'), outranks('moderator', 'owner'), outranks('member', 'reader'), outranks(null, undefined), outranks(undefined, 'reader')]).toEqual([false, false, false, false, false]);
  });
});

describe('A face', () => {
  it('has letters that can be read on any colour', () => {
    expect([inkOn('#ffffff'), inkOn('#ffff00'), inkOn('#000000'), inkOn('#0000ff'), inkOn('#26705c')]).toEqual(['#000', '#000', '#fff', '#fff', '#fff']);
  });
});
