import { expect, test } from 'vitest';
import { HubbubApi } from '../../src/api.js';
import { Credentials } from '../../src/credentials.js';
import { Http } from '../../src/http.js';
import { memoryStorage } from '../../src/storage.js';
import { at, event } from '../kit/events.js';
import { FakeClock } from '../kit/fakeClock.js';
import { FakeFetch, json, problem } from '../kit/fakeFetch.js';

function apiOf() {
  const time = new FakeClock();
  const net = new FakeFetch();
  const base = 'http://hubbub.test';
  const guest = { base, name: 'Ann', fetch: net.fetch, clock: time.clock, storage: memoryStorage(), storageKey: 'guest', made: () => undefined };
  return { net, api: new HubbubApi(new Http(base, net.fetch, time.clock, new Credentials('t', guest))) };
}

test.each<[string, (api: HubbubApi) => Promise<unknown>, unknown?]>([
  ['POST /api/rooms/r/messages', (api) => api.post('r', 'hi', 'k', { replyTo: at(3), thread: at(2) }), { message: 'hi', key: 'k', replyTo: at(3), thread: at(2) }],
  ['POST /api/rooms/r/messages', (api) => api.post('r', '', 'k', { files: ['f'] }), { message: '', key: 'k', files: ['f'] }],
  ['POST /api/rooms/r/files?name=caf%C3%A9.txt', (api) => api.uploadFile('r', new File(['x'], 'cafe\u0301.txt'))],
  ['POST /api/rooms/r/files?name=small&thumbnail-of=f', (api) => api.uploadFile('r', new Blob(['x']), { name: 'small', thumbnailOf: 'f' })],
  ['DELETE /api/rooms/r/files/f', (api) => api.dropFile('r', 'f')],
  ['GET /files/r/f/file', (api) => api.downloadFile('r', 'f')],
  ['GET /api/rooms/r/messages/9f3a01bc%3A2', (api) => api.message('r', at(2))],
  ['GET /api/rooms/r/messages/9f3a01bc%3A2/edits', (api) => api.edits('r', at(2))],
  ['GET /api/rooms/r/messages/9f3a01bc%3A2/thread?after=9f3a01bc%3A7&limit=5', (api) => api.thread('r', at(2), { after: at(7), limit: 5 })],
  ['PUT /api/rooms/r/messages/9f3a01bc%3A2/reactions/%F0%9F%91%8D', (api) => api.react('r', at(2), '👍')],
  ['DELETE /api/rooms/r/messages/9f3a01bc%3A2/reactions/%3Atada%3A', (api) => api.unreact('r', at(2), ':tada:')],
  ['PUT /api/rooms/r/messages/9f3a01bc%3A2/pin', (api) => api.pin('r', at(2))],
  ['DELETE /api/rooms/r/messages/9f3a01bc%3A2/pin', (api) => api.unpin('r', at(2))],
  ['GET /api/rooms/r/pins', (api) => api.pins('r')],
  ['PATCH /api/rooms/r', (api) => api.change('r', { topic: 'x', archived: false }), { topic: 'x', archived: false }],
  ['PUT /api/rooms/r/members/a%2Fb', (api) => api.setRole('r', 'a/b', 'reader'), { role: 'reader' }],
  ['POST /api/rooms/r/members/a%2Fb/kick', (api) => api.kick('r', 'a/b')],
  ['PUT /api/rooms/r/members/a%2Fb/mute', (api) => api.mute('r', 'a/b', 60), { seconds: 60 }],
  ['DELETE /api/rooms/r/members/a%2Fb/mute', (api) => api.unmute('r', 'a/b')],
])('%s', async (request, call, body) => {
  const { net, api } = apiOf();
  net.route = () => json({ edits: [], pins: [], events: [], position: at(1), head: 1 });
  await call(api);
  expect(net.asked.map((asked) => [`${asked.method} ${asked.path}`, asked.body])).toEqual([[request, body]]);
});

test('a page says what has happened to its messages since', async () => {
  const { net, api } = apiOf();
  const { message: _none, ...reaction } = event(9, { type: 'reaction_added', messageId: at(2), emoji: '👍' });
  net.route = () => json({ events: [event(2)], later: [reaction], position: at(2), head: 9 });
  const page = await api.history('room1', { before: at(3) });
  expect([page.events, page.later]).toEqual([[event(2)], [reaction]]);
});

test.each([
  ['image/png', 'image/png'],
  ['image/svg+xml', 'application/octet-stream'],
  ['text/html; charset=utf-8', 'application/octet-stream'],
])('a file that is said to be %s is given as %s', async (said, type) => {
  const { net, api } = apiOf();
  net.route = () => new Response('<script>', { headers: { 'Content-Type': said } });
  const file = await api.downloadFile('r', 'f');
  expect([file.type, await file.text()]).toEqual([type, '<script>']);
});

test('an upload tells when it is done, and a cancelled one is cancelled', async () => {
  const { net, api } = apiOf();
  net.route = () => json({ id: 'f' }, 201);
  const told: number[][] = [];
  await api.uploadFile('r', new Blob(['12345']), { onProgress: (...sent) => told.push(sent) });
  expect(told).toEqual([[5, 5]]);

  net.route = () => 'never';
  const cancel = new AbortController();
  const upload = api.uploadFile('r', new Blob(['x']), { signal: cancel.signal });
  setTimeout(() => cancel.abort(), 10);
  await expect(upload).rejects.toMatchObject({ code: 'cancelled' });
  await expect(api.uploadFile('r', new Blob(['x']), { signal: cancel.signal })).rejects.toMatchObject({ code: 'cancelled' });
});

test('a refused upload says why', async () => {
  const { net, api } = apiOf();
  net.route = () => problem(413, 'too_large');
  await expect(api.uploadFile('r', new Blob(['x']))).rejects.toMatchObject({ code: 'too_large', retryable: false });
});
