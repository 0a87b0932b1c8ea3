// The SDK as a program: a command a line on standard input, a happening a line on standard output. For the conformance kit (tests/Hubbub.SdkTests).
import { createInterface } from 'node:readline';
import WebSocket from 'ws';
import { Hubbub } from '../dist/index.js';

const [url, ...tokens] = process.argv.slice(2);
const say = (...words) => process.stdout.write(`${words.join(' ')}\n`);
let next = 0;
const client = new Hubbub({
  url,
  token: () => tokens[Math.min(next++, tokens.length - 1)],
  transports: ['websocket'],
  WebSocket,
  random: () => 0,
});
let state = '';
client.on('state', (now) => {
  // It is told again when only the time of the next attempt has changed.
  if (now !== state) say('state', now);
  state = now;
});

const rooms = new Map();
function join(id, start) {
  const room = client.join(id, start);
  rooms.set(id, room);
  room.on('event', (event) => say('event', event.sequence, event.type === 'message' ? event.message : event.type));
  room.on('gap', (gap) => say('gap', gap.from, gap.to, gap.reason));
  room.on('readMark', (position) => say('read', position));
  room.on('left', (left) => say('left', left.reason));
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command, room, ...rest] = line.split(' ');
  if (command === 'connect') client.connect().catch((error) => say('refused', error.code));
  else if (command === 'join') join(room, rest[0] === 'now' ? {} : { after: rest[0] });
  else if (command === 'post') {
    const key = rest[0];
    const post = rooms.get(room).post(rest.slice(1).join(' '), { key });
    post.posted.then(
      (posted) => say('posted', key, posted.sequence),
      (error) => say('failed', key, error.code),
    );
  } else if (command === 'close') break;
}
await client.close();
process.exit(0);
