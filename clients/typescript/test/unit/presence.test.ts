import { describe, expect, test } from 'vitest';
import { PresenceList } from '../../src/presence.js';
import type { Presence, User } from '../../src/types.js';
import { FakeClock, settled } from '../kit/fakeClock.js';

const user = (name: string): User => ({ id: name, name });

function listOf() {
  const time = new FakeClock();
  const answers: { resolve(presence: Presence): void; reject(error: Error): void }[] = [];
  const told: string[] = [];
  const list = new PresenceList({
    clock: time.clock,
    fetch: () => new Promise((resolve, reject) => void answers.push({ resolve, reject })),
    changed: ({ count, users, sampled }) => void told.push(`${count}: ${users.map((one) => one.name).join(' ')}${sampled ? ' sampled' : ''}`),
  });
  const answer = async (names: string[], count = names.length, sampled = false): Promise<void> => {
    answers.shift()!.resolve({ count, users: names.map(user), sampled });
    await settled();
  };
  const frame = (count: number, joined?: string[], left?: string[]): void =>
    list.take({
      type: 'presence',
      payload: { roomId: 'room1', count, ...(joined && { joined: joined.map(user) }), ...(left && { left: left.map(user) }) },
    });
  return { list, time, answers, told, answer, frame };
}

describe('who is in a room', () => {
  test('is not asked for while nobody watches', () => {
    const { list, answers, frame, told } = listOf();
    list.begin();
    frame(1, ['ann'], []);
    expect(answers).toHaveLength(0);
    expect(told).toEqual([]);
  });

  test('is asked for when the stream begins, and changed by frames', async () => {
    const { list, answer, frame, told } = listOf();
    list.watch();
    list.begin();
    await answer(['ann', 'bob']);
    frame(2, ['cid'], ['bob']);
    expect(told).toEqual(['2: ann bob', '2: ann cid']);
  });

  test('what comes while the whole is on its way is put on top of it', async () => {
    const { list, answer, frame, told } = listOf();
    list.begin();
    list.watch();
    frame(2, ['cid'], ['bob']);
    expect(told).toEqual([]);
    await answer(['ann', 'bob']);
    expect(told).toEqual(['2: ann cid']);
  });

  test('is asked for anew after a reconnect; the answer from before it counts no more', async () => {
    const { list, answers, answer, told } = listOf();
    list.watch();
    list.begin();
    list.begin();
    expect(answers).toHaveLength(2);
    await answer(['old']);
    await answer(['new']);
    expect(told).toEqual(['1: new']);
  });

  test('is asked for again when a count says that something was not heard, and when the question failed', async () => {
    const { list, time, answers, answer, frame, told } = listOf();
    list.watch();
    list.begin();
    answers.shift()!.reject(new Error('no'));
    await settled();
    await time.advance(10_000);
    await answer(['ann']);
    frame(3, ['bob'], []);
    expect(answers).toHaveLength(0);
    await time.advance(10_000);
    await answer(['ann', 'bob', 'cid']);
    expect(told).toEqual(['1: ann', '3: ann bob', '3: ann bob cid']);
  });

  test('in a large room only the count changes, and the list is asked for when lists come again', async () => {
    const { list, time, answers, answer, frame, told } = listOf();
    list.watch();
    list.begin();
    await answer(['ann', 'bob'], 300, true);
    frame(310);
    await time.advance(60_000);
    expect(answers).toHaveLength(0);
    frame(2, [], []);
    await time.advance(10_000);
    await answer(['ann', 'cid']);
    expect(told).toEqual(['300: ann bob sampled', '310: ann bob sampled', '2: ann bob sampled', '2: ann cid']);
  });

  test('nothing is asked for when the room has been left', async () => {
    const { list, time, answers } = listOf();
    list.watch();
    list.begin();
    answers.shift()!.reject(new Error('no'));
    await settled();
    list.stop();
    await time.advance(60_000);
    expect(answers).toHaveLength(0);
  });
});
