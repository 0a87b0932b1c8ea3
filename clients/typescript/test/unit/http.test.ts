import { expect, test } from 'vitest';
import { HubbubApi } from '../../src/api.js';
import { Credentials } from '../../src/credentials.js';
import { Http } from '../../src/http.js';
import { memoryStorage } from '../../src/storage.js';
import { FakeClock } from '../kit/fakeClock.js';
import { FakeFetch, json, problem } from '../kit/fakeFetch.js';

function apiOf() {
  const net = new FakeFetch();
  const time = new FakeClock();
  const base = 'http://hubbub.test';
  const guest = {
    base,
    name: 'Ann',
    fetch: net.fetch,
    clock: time.clock,
    storage: memoryStorage(),
    storageKey: 'guest',
    made: () => undefined,
  };
  const http = new Http(base, net.fetch, time.clock, new Credentials('t', guest));
  return { api: new HubbubApi(http), net, time };
}

test('a refusal carries its code, its status and the time to wait', async () => {
  const { api, net } = apiOf();
  net.route = () => problem(503, 'overloaded', { retryable: true, retryAfter: 4 });
  await expect(api.post('room1', 'hello')).rejects.toMatchObject({
    code: 'overloaded',
    status: 503,
    retryable: true,
    retryAfterMs: 4_000,
  });
});

test("a proxy's error page is judged by its status", async () => {
  const { api, net } = apiOf();
  net.route = () => new Response('<h1>Bad gateway</h1>', { status: 502 });
  await expect(api.me()).rejects.toMatchObject({ code: 'http_502', retryable: true });
  net.route = () => new Response('<h1>Not here</h1>', { status: 404 });
  await expect(api.me()).rejects.toMatchObject({ code: 'http_404', retryable: false });
});

test('a page that is not JSON, as of a hotel asking for a room number, is no answer', async () => {
  const { api, net } = apiOf();
  net.route = () => new Response('<html>Welcome!</html>', { status: 200 });
  await expect(api.me()).rejects.toMatchObject({ code: 'bad_answer', retryable: true });
});

test('a network that fails may work later', async () => {
  const { api, net } = apiOf();
  net.route = () => new TypeError('fetch failed');
  await expect(api.me()).rejects.toMatchObject({ code: 'network', retryable: true });
});

test('a request without an answer is given up after 15 s', async () => {
  const { api, net, time } = apiOf();
  net.route = () => 'never';
  const outcome = api.me().catch((error: { code: string }) => error.code);
  await time.advance(14_999);
  expect(net.asked[0]!.signal.aborted).toBe(false);
  await time.advance(1);
  expect(await outcome).toBe('timeout');
  expect(time.timers).toBe(0);
});

test('an unbelievable time to wait is cut to five minutes', async () => {
  const { api, net } = apiOf();
  net.route = () => problem(429, 'rate_limited', { retryable: true, retryAfter: 86_400 });
  await expect(api.me()).rejects.toMatchObject({ retryAfterMs: 300_000 });
});

test('each call is the request that the protocol names', async () => {
  const { api, net } = apiOf();
  net.route = () => json({ rooms: [], members: [], invitations: [], blocks: [], events: [], position: '0', head: 0, user: {} });
  await api.me();
  await api.createAccount({ name: 'Ann', password: 'correct horse' });
  await api.signIn('Ann', 'correct horse');
  await api.changePassword('correct horse', 'battery staple');
  await api.signOutEverywhere();
  await api.profile('u/1');
  await api.profiles(['a&1', 'b']);
  await api.changeProfile({ color: '#00ff7f' });
  await api.removeAvatar();
  await api.blocks();
  await api.block('u/1');
  await api.unblock('u/1');
  await api.rooms({ limit: 5, after: 'b' });
  await api.createRoom({ id: 'r', visibility: 'private' });
  await api.openDirect(['u/1', 'u2']);
  await api.room('r');
  await api.rename('r', 'R');
  await api.members('r');
  await api.joinRoom('r');
  await api.leaveRoom('r');
  await api.removeMember('r', 'u/1');
  await api.invite('r', { expiresIn: 60 });
  await api.invitations('r');
  await api.revokeInvitation('r', 'i1');
  await api.invitation('tok');
  await api.acceptInvitation('tok');
  await api.post('r', 'hello', 'k');
  await api.post('r', 'hello');
  await api.edit('r', '9f3a01bc:1', 'better', 'k2');
  await api.remove('r', '9f3a01bc:1');
  await api.report('r', '9f3a01bc:1', 'rude');
  await api.reports('r');
  await api.reports('r', { resolved: true });
  await api.resolveReport('r', 'p-1', 'kept');
  await api.history('r', { before: '9f3a01bc:7', limit: 3 });
  await api.markRead('r', '9f3a01bc:7');
  await api.typing('r');
  await api.rooms({ q: 'a b' });
  await api.search('from:"Ann B" x&y', { limit: 5, before: '7' });
  expect(
    net.asked.map(({ method, path, body }) => `${method} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`),
  ).toEqual([
    'GET /api/me',
    'POST /api/accounts {"name":"Ann","password":"correct horse"}',
    'POST /api/login {"name":"Ann","password":"correct horse"}',
    'PUT /api/me/password {"password":"correct horse","newPassword":"battery staple"}',
    'POST /api/logout-everywhere',
    'GET /api/users/u%2F1',
    'GET /api/users?id=a%261&id=b',
    'PATCH /api/me {"color":"#00ff7f"}',
    'DELETE /api/me/avatar',
    'GET /api/me/blocks',
    'PUT /api/me/blocks/u%2F1',
    'DELETE /api/me/blocks/u%2F1',
    'GET /api/rooms?limit=5&after=b',
    'POST /api/rooms {"id":"r","visibility":"private"}',
    'POST /api/direct {"people":["u/1","u2"]}',
    'GET /api/rooms/r',
    'PATCH /api/rooms/r {"name":"R"}',
    'GET /api/rooms/r/members',
    'PUT /api/rooms/r/members/me',
    'DELETE /api/rooms/r/members/me',
    'DELETE /api/rooms/r/members/u%2F1',
    'POST /api/rooms/r/invitations {"expiresIn":60}',
    'GET /api/rooms/r/invitations',
    'DELETE /api/rooms/r/invitations/i1',
    'GET /api/invitations/tok',
    'POST /api/invitations/tok',
    'POST /api/rooms/r/messages {"message":"hello","key":"k"}',
    'POST /api/rooms/r/messages {"message":"hello"}',
    'PATCH /api/rooms/r/messages/9f3a01bc%3A1 {"message":"better","key":"k2"}',
    'DELETE /api/rooms/r/messages/9f3a01bc%3A1',
    'POST /api/rooms/r/messages/9f3a01bc%3A1/reports {"reason":"rude"}',
    'GET /api/rooms/r/reports',
    'GET /api/rooms/r/reports?resolved=true',
    'POST /api/rooms/r/reports/p-1 {"resolution":"kept"}',
    'GET /api/rooms/r/events?before=9f3a01bc%3A7&limit=3',
    'PUT /api/rooms/r/read {"position":"9f3a01bc:7"}',
    'POST /api/rooms/r/typing',
    'GET /api/rooms?q=a%20b',
    'GET /api/search?q=from%3A%22Ann%20B%22%20x%26y&limit=5&before=7',
  ]);
  expect(net.asked.filter((asked) => asked.token !== 't').map(({ path }) => path)).toEqual(['/api/login']);
});

test('signing in needs no token and makes no guest', async () => {
  const { net, time } = apiOf();
  const guest = { base: 'http://hubbub.test', name: 'Ann', fetch: net.fetch, clock: time.clock, storage: memoryStorage(), storageKey: 'guest', made: () => undefined };
  const api = new HubbubApi(new Http('http://hubbub.test', net.fetch, time.clock, new Credentials(undefined, guest)));
  net.route = () => json({ token: 't2', user: { id: 'g-1', name: 'Ann' }, expiresAt: '2026-01-01T00:00:00.000Z' });

  expect((await api.signIn('Ann', 'correct horse')).token).toBe('t2');
  await api.waysIn();

  expect(net.asked.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /api/login', 'GET /api/login']);
});

test('wrong credentials are told once and ask for no new token', async () => {
  const { api, net } = apiOf();
  net.route = () => problem(403, 'bad_credentials');
  await expect(api.signIn('Ann', 'wrong horse')).rejects.toMatchObject({ code: 'bad_credentials', retryable: false });
  expect(net.asked).toHaveLength(1);
});
