// Clients of the SDK as a program, each with a number: a command a line on standard input, a happening a line on standard output. For the conformance kit (tests/Hubbub.SdkTests).
import { createInterface } from 'node:readline';
import WebSocket from 'ws';
import { Hubbub } from '../dist/index.js';
import { SkippableTime } from './skippableTime.mjs';

function told(event) {
  switch (event.type) {
    case 'message':
      return event.message;
    case 'message_edited':
      return `message_edited ${event.messageId.split(':')[1]} ${event.message}`;
    case 'message_deleted':
      return `message_deleted ${event.messageId.split(':')[1]}`;
    case 'member_joined':
      return `member_joined ${event.user.id} ${event.role}`;
    case 'room_renamed':
      return `room_renamed ${event.name}`;
    default:
      return event.type;
  }
}

function startOf(word) {
  if (word === 'now') return {};
  return word.startsWith('last:') ? { last: Number(word.slice(5)) } : { after: word };
}

/** One client, and what may be asked of it. */
function start(number, { url, transports, tokens }) {
  const say = (...words) => process.stdout.write(`${[number, ...words].filter((word) => word !== '').join(' ')}\n`);
  const time = new SkippableTime();
  const rooms = new Map();
  let next = 0;
  function token() {
    const given = tokens[Math.min(next++, tokens.length - 1)];
    if (given === '!') throw new Error('No token now.');
    return given;
  }

  const client = new Hubbub({ url, transports, WebSocket, random: () => 0, ...(tokens.length > 0 && { token }), ...time.options });
  let state = '';
  client.on('state', (now) => {
    // It is told again when only the time of the next attempt has changed.
    if (now !== state) say('state', now);
    state = now;
  });

  return {
    connect: () => client.connect().catch((error) => say('refused', error.code)),
    join(id, from) {
      const room = client.join(id, startOf(from));
      // Only who has several is told which.
      const of = id === 'room1' ? '' : id;
      rooms.set(id, room);
      room.on('event', (event) => say('event', of, event.sequence, told(event)));
      room.on('gap', (gap) => say('gap', of, gap.from, gap.to, gap.reason));
      room.on('skipped', (skipped) => say('skipped', of, skipped.from, skipped.to, skipped.count));
      room.on('readMark', (position) => say('read', of, position));
      room.on('signal', (signal) => say(signal.type, of, signal.user.id));
      room.on('left', (left) => say('left', of, left.reason));
    },
    leave: (id) => rooms.get(id).leave(),
    post(id, key, ...text) {
      rooms
        .get(id)
        .post(text.join(' '), { key })
        .posted.then(
          (posted) => say('posted', key, posted.sequence),
          (error) => say('failed', key, error.code),
        );
    },
    type: (id) => rooms.get(id).typing(),
    presence(id) {
      rooms.get(id).on('presence', ({ count, users, sampled }) => {
        const ids = users.map((user) => user.id).sort();
        say('presence', count, ids.join(','), sampled ? 'sampled' : '');
      });
    },
    async fetch(id) {
      let page = { position: '0' };
      do {
        page = await client.api.history(id, { after: page.position, limit: 7 });
        for (const event of page.events) say('fetched', event.sequence, told(event));
      } while (Number(page.position.split(':')[1]) < page.head);
      say('fetched', 'all');
    },
    transport: () => say('transport', client.transport ?? 'none'),
    pass: (milliseconds) => time.pass(Number(milliseconds)),
    close: () => client.close(),
  };
}

const clients = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  const [number, command, ...words] = line.split(' ');
  if (command === 'start') clients.set(number, start(number, JSON.parse(words.join(' '))));
  else clients.get(number)[command](...words);
  if (command === 'close') clients.delete(number);
}
process.exit(0);
