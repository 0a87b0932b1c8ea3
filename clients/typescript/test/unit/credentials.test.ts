import { describe, expect, test } from 'vitest';
import { Credentials } from '../../src/credentials.js';
import { Http } from '../../src/http.js';
import { memoryStorage } from '../../src/storage.js';
import type { HubbubOptions } from '../../src/types.js';
import { FakeClock } from '../kit/fakeClock.js';
import { FakeFetch, json, problem } from '../kit/fakeFetch.js';

function credentialsOf(source: HubbubOptions['token'], storage = memoryStorage()) {
  const net = new FakeFetch();
  const time = new FakeClock();
  const made: string[] = [];
  let guests = 0;
  net.route = (asked) => {
    if (asked.path !== '/api/guests') return undefined;
    guests += 1;
    return json({ token: `guest-${guests}`, user: { id: `g-${guests}`, name: asked.body.name }, expiresAt: '' }, 201);
  };
  const credentials = new Credentials(source, {
    base: 'http://hubbub.test',
    name: 'Ann',
    fetch: net.fetch,
    clock: time.clock,
    storage,
    storageKey: 'guest',
    made: (user) => void made.push(user?.id ?? '?'),
  });
  return { credentials, net, made, storage, http: new Http('http://hubbub.test', net.fetch, time.clock, credentials) };
}

describe('a guest', () => {
  test('is made once, however many ask at the same time, and kept', async () => {
    const { credentials, net, made, storage } = credentialsOf(undefined);
    expect(await Promise.all([credentials.current(), credentials.current(), credentials.current()])).toEqual(
      Array(3).fill('guest-1'),
    );
    expect(net.asked.map((asked) => asked.body)).toEqual([{ name: 'Ann' }]);
    expect(made).toEqual(['g-1']);

    const later = credentialsOf(undefined, storage);
    expect(await later.credentials.current()).toBe('guest-1');
    expect(later.net.asked).toEqual([]);
  });

  test('whose token is refused becomes a new guest', async () => {
    const { credentials, storage, made } = credentialsOf(undefined);
    storage.set('guest', 'stale');
    expect(await credentials.current()).toBe('stale');
    expect(await credentials.fresh('stale')).toBe('guest-1');
    expect(storage.get('guest')).toBe('guest-1');
    expect(made).toEqual(['g-1']);
  });

  test('takes over the new token that another tab has got already', async () => {
    const { credentials, storage, net } = credentialsOf(undefined);
    storage.set('guest', 'stale');
    await credentials.current();
    storage.set('guest', 'of the other tab');
    expect(await credentials.fresh('stale')).toBe('of the other tab');
    expect(net.asked).toEqual([]);
  });

  test('does not renew itself, since that would be somebody else', async () => {
    const { credentials } = credentialsOf(undefined);
    await credentials.current();
    expect(await credentials.renewed()).toBeUndefined();
  });
});

describe("the application's token", () => {
  test('that is fixed has no successor', async () => {
    const { credentials } = credentialsOf('fixed');
    expect(await credentials.current()).toBe('fixed');
    expect(await credentials.fresh('fixed')).toBeUndefined();
    expect(await credentials.renewed()).toBeUndefined();
  });

  test('comes from the callback once, and again only when it is refused or runs out', async () => {
    let calls = 0;
    const { credentials } = credentialsOf(async () => `token-${++calls}`);
    expect([await credentials.current(), await credentials.current()]).toEqual(['token-1', 'token-1']);
    expect(await credentials.fresh('token-1')).toBe('token-2');
    expect(await credentials.fresh('token-1')).toBe('token-2');
    expect(await credentials.renewed()).toBe('token-3');
    expect(await credentials.current()).toBe('token-3');
  });

  test('that is refused is not shown again while the callback gives no other', async () => {
    let calls = 0;
    const { credentials } = credentialsOf(async () => {
      calls += 1;
      if (calls === 2) throw new Error('not now');
      return `token-${calls}`;
    });
    await credentials.current();
    await expect(credentials.fresh('token-1')).rejects.toMatchObject({ code: 'token', retryable: true });
    expect(await credentials.current()).toBe('token-3');
  });

  test('that the callback gives again after its refusal is no fresh one', async () => {
    const { credentials } = credentialsOf(() => 'same');
    await credentials.current();
    expect(await credentials.fresh('same')).toBeUndefined();
  });

  test('that the callback fails to give may come later', async () => {
    let broken = true;
    const { credentials } = credentialsOf(() => {
      if (broken) throw new Error('the session has ended');
      return 'token';
    });
    await expect(credentials.current()).rejects.toMatchObject({ code: 'token', retryable: true });
    broken = false;
    expect(await credentials.current()).toBe('token');
  });
});

describe('a request', () => {
  test('that is refused for its token is made again with a fresh one', async () => {
    let calls = 0;
    const { http, net } = credentialsOf(() => `token-${++calls}`);
    net.route = (asked) => (asked.token === 'token-1' ? problem(401, 'token_expired') : json({ done: true }));
    expect(await http.json('GET', '/api/rooms')).toEqual({ done: true });
    expect(net.asked.map((asked) => asked.token)).toEqual(['token-1', 'token-2']);
  });

  test('whose fresh token is refused too is refused', async () => {
    let calls = 0;
    const { http, net } = credentialsOf(() => `token-${++calls}`);
    net.route = () => problem(401, 'unauthenticated');
    await expect(http.json('GET', '/api/rooms')).rejects.toMatchObject({
      code: 'unauthenticated',
      status: 401,
      retryable: false,
    });
    expect(net.asked).toHaveLength(2);
  });
});
