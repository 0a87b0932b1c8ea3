import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { Hubbub, memoryStorage } from '../src/index.js';
import type { HubbubOptions, OutboxStorage, RoomEvent, TransportName, WebSocketConstructor } from '../src/index.js';
import { randomOf } from './kit/events.js';
import { FaultyProxy } from './kit/faultyProxy.js';
import { expectNoHoles, follow, subscribe } from './kit/followed.js';
import { until } from './kit/until.js';

/** A server to be talked to, whoever runs it. */
export interface Target {
  url: string;
  stop(): Promise<void>;
}

const transports: TransportName[] = ['websocket', 'sse', 'longpoll'];

/** What an SDK must do with any server of the protocol: the same list for the one in this folder and for the real one. */
export function scenarios(start: () => Promise<Target>): void {
  let target: Target;
  let proxy: FaultyProxy;
  let url: string;
  let roomId: string;
  const clients: Hubbub[] = [];

  beforeAll(async () => void (target = await start()));
  afterAll(() => target.stop());
  beforeEach(async () => {
    proxy = new FaultyProxy(target.url);
    url = await proxy.start();
    roomId = `room-${randomBytes(8).toString('hex')}`;
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await proxy.stop();
  });

  /** One person on one device. Without chance in its waiting times, so that tests need no patience. */
  function person(
    name: string,
    options: Partial<HubbubOptions> = {},
  ): { client: Hubbub; network: EventTarget; storage: OutboxStorage } {
    const network = new EventTarget();
    const storage = options.storage ?? memoryStorage();
    const client = new Hubbub({
      url,
      guestName: name,
      storage,
      WebSocket: WebSocket as unknown as WebSocketConstructor,
      networkEvents: network,
      random: () => 0,
      ...options,
    });
    clients.push(client);
    return { client, network, storage };
  }

  async function online(name: string, options: Partial<HubbubOptions> = {}): Promise<Hubbub> {
    const { client } = person(name, options);
    await client.connect();
    return client;
  }

  describe.each(transports)('over %s', (transport) => {
    const only = { transports: [transport] };

    test('what one writes, all read: once, in order, with the sender and the key', async () => {
      const [ann, bob] = await Promise.all([online('Ann', only), online('Bob', only)]);
      const [atAnn, atBob] = [await follow(ann, roomId), await follow(bob, roomId)];
      const posted = await Promise.all(['one', 'two', 'three'].map((text) => atAnn.room.post(text).posted));
      await atBob.room.post('four').posted;
      await until('both have four messages', () => atAnn.texts().length === 4 && atBob.texts().length === 4);
      expect(atAnn.texts()).toEqual(['one', 'two', 'three', 'four']);
      expect(atBob.events).toEqual(atAnn.events);
      expect(
        atAnn
          .messages()
          .slice(0, 3)
          .map((event) => event.id),
      ).toEqual(posted.map((one) => one.id));
      expect(atAnn.messages()[3]!.sender).toEqual(bob.user);
      expect(new Set(atAnn.messages().map((event) => event.key)).size).toBe(4);
      expect(ann.transport).toBe(transport);
      expectNoHoles(atAnn.events);
    });

    test('a reader that is cut off reads on where it was, and misses and repeats nothing', async () => {
      const [ann, bob] = await Promise.all([online('Ann', only), online('Bob', only)]);
      const [atAnn, atBob] = [await follow(ann, roomId), await follow(bob, roomId)];
      for (let round = 0; round < 4; round++) {
        await atAnn.room.post(`before ${round}`).posted;
        proxy.cut();
        for (let count = 0; count < 3; count++) await atAnn.room.post(`after ${round} ${count}`).posted;
      }
      await until('Bob has all sixteen', () => atBob.texts().length === 16);
      await until('Ann has all sixteen', () => atAnn.texts().length === 16);
      expect(atBob.events).toEqual(atAnn.events);
      expectNoHoles(atBob.events);
    });

    test('posts written while there is no network are sent once and in order', async () => {
      const [{ client: ann, network }, bob] = [person('Ann', only), await online('Bob', { ...only, url: target.url })];
      await ann.connect();
      const [atAnn, atBob] = [await follow(ann, roomId), await follow(bob, roomId)];
      proxy.goOffline();
      await until('Ann is offline', () => ann.state === 'reconnecting');
      const texts = Array.from({ length: 10 }, (_, index) => `offline ${index}`);
      const posts = texts.map((text) => atAnn.room.post(text));
      expect(atAnn.room.outbox.map((post) => post.text)).toEqual(texts);
      proxy.offline = false;
      network.dispatchEvent(new Event('online'));
      await Promise.all(posts.map((post) => post.posted));
      await until('both have them', () => atAnn.texts().length === 10 && atBob.texts().length === 10);
      expect(atBob.texts()).toEqual(texts);
      await until('the outbox is empty', () => atAnn.room.outbox.length === 0);
    });

    test('reading from 0 gives everything, and the last few give those', async () => {
      const ann = await online('Ann', { url: target.url });
      const written = await follow(ann, roomId, { after: '0' });
      for (let count = 0; count < 7; count++) await written.room.post(`text ${count}`).posted;
      const bob = await online('Bob', only);
      const all = await follow(bob, roomId, { after: '0' });
      await until('Bob has all', () => all.texts().length === 7);
      expectNoHoles(all.events);
      expect(all.events[0]!.sequence).toBe(1);
      const carl = await online('Carl', only);
      const few = await follow(carl, roomId, { last: 3 });
      await until('Carl has three', () => few.texts().length === 3);
      await written.room.post('text 7').posted;
      await until('and what comes after', () => few.texts().length === 4);
      expect(few.texts()).toEqual(['text 4', 'text 5', 'text 6', 'text 7']);
    });

    test('a position of another life ends in a gap, and the room goes on from there', async () => {
      const ann = await online('Ann', only);
      const first = await follow(ann, roomId);
      await first.room.post('before').posted;
      await until('the message is here', () => first.texts().length === 1);
      const bob = await online('Bob', only);
      const lost = subscribe(bob, roomId, { after: '00000000:5' });
      await until('Bob is told of the gap', () => lost.gaps.length === 1);
      expect(lost.gaps[0]).toMatchObject({ from: '00000000:5', to: first.room.position, reason: 'lost_past' });
      expect(lost.room.position).toBe(first.room.position);
      await first.room.post('afterwards').posted;
      await until('the story goes on', () => lost.texts().length === 1);
      expect(lost.texts()).toEqual(['afterwards']);
    });

    test('one who is removed hears nothing more, within a second', async () => {
      const ann = await online('Ann', { url: target.url });
      await ann.api.createRoom({ id: roomId, visibility: 'private' });
      const invitation = await ann.api.invite(roomId);
      const bob = await online('Bob', only);
      await bob.api.acceptInvitation(invitation.token);
      const [atAnn, atBob] = [await follow(ann, roomId), await follow(bob, roomId)];
      await atAnn.room.post('for all').posted;
      await until('Bob hears', () => atBob.texts().length === 1);
      await ann.api.removeMember(roomId, bob.user!.id);
      await until('Bob is told', () => atBob.left.length === 1, 1_000);
      expect(['removed', 'refused']).toContain(atBob.left[0]);
      await atAnn.room.post('without Bob').posted;
      await until('Ann has it', () => atAnn.texts().length === 2);
      expect(atBob.texts()).toEqual(['for all']);
    });

    test('a room that one may not read says so, and the others are read', async () => {
      const ann = await online('Ann', { url: target.url });
      await ann.api.createRoom({ id: roomId, visibility: 'private' });
      const bob = await online('Bob', only);
      const refused = subscribe(bob, roomId);
      const other = await follow(bob, `${roomId}-2`);
      await until('Bob is refused', () => refused.left.length === 1);
      expect(refused.left).toEqual(['refused']);
      await other.room.post('here').posted;
      await until('the other room is read', () => other.texts().length === 1);
    });
  });

  test('a post whose answer is lost is repeated and stored once', async () => {
    const [ann, bob] = [await online('Ann'), await online('Bob', { url: target.url })];
    const [atAnn, atBob] = [await follow(ann, roomId), await follow(bob, roomId)];
    atAnn.room.leave();
    proxy.dropReplies = 3;
    const again = ann.join(roomId);
    // Without the room's events the lost answer is the only acknowledgement there could be.
    again.leave();
    await again.post('only once').posted;
    await again.post('and then').posted;
    expect(proxy.posts).toBe(5);
    await until('Bob has both', () => atBob.texts().length === 2);
    expect(atBob.texts()).toEqual(['only once', 'and then']);
    expectNoHoles(atBob.events);
  });

  test('posts that were not sent before a reload are sent after it', async () => {
    const bob = await online('Bob', { url: target.url });
    const atBob = await follow(bob, roomId);
    const storage = memoryStorage();
    const before = await online('Ann', { storage });
    const room = before.join(roomId);
    proxy.dropReplies = 1;
    proxy.goOffline();
    room.post('first');
    room.post('second');
    await before.close();
    proxy.offline = false;
    const after = await online('Ann', { storage });
    expect(after.user).toEqual(before.user);
    await until('Bob has both', () => atBob.texts().length === 2);
    expect(atBob.texts()).toEqual(['first', 'second']);
    await until('nothing is left to send', () => after.join(roomId).outbox.length === 0);
  });

  test('a post that is refused for good is shown as failed, and the next one is sent', async () => {
    const ann = await online('Ann');
    const atAnn = await follow(ann, roomId);
    const blank = atAnn.room.post('   ');
    const good = atAnn.room.post('good');
    await expect(blank.posted).rejects.toMatchObject({ code: 'bad_message', status: 400 });
    await good.posted;
    await until('the good one is here', () => atAnn.texts().length === 1);
    expect(atAnn.room.outbox.map((post) => [post.state, post.error?.code])).toEqual([['failed', 'bad_message']]);
    blank.discard();
    expect(atAnn.room.outbox).toEqual([]);
  });

  test('a post is on the screen from the first moment to its event, without a moment in between', async () => {
    const ann = await online('Ann');
    const { room } = await follow(ann, roomId);
    let events = 0;
    const moments: number[] = [];
    const look = (): void => void moments.push(events + room.outbox.length);
    room.on('event', (event) => {
      if (event.type !== 'message') return;
      events += 1;
      look();
    });
    room.on('outbox', () => queueMicrotask(look));
    for (let count = 0; count < 5; count++) room.post(`text ${count}`);
    await until('all are confirmed', () => events === 5 && room.outbox.length === 0);
    expect(Math.min(...moments)).toBe(5);
  });

  test('edits, deletions, names and members are events', async () => {
    const ann = await online('Ann');
    await ann.api.createRoom({ id: roomId, name: 'Before', visibility: 'public' });
    const atAnn = await follow(ann, roomId, { after: '0' });
    const bob = await online('Bob');
    const atBob = await follow(bob, roomId, { after: '0' });
    const { id } = await atAnn.room.post('original').posted;
    await atAnn.room.edit(id, 'edited');
    await atAnn.room.remove(id);
    await ann.api.rename(roomId, 'After');
    await bob.api.joinRoom(roomId);
    await bob.api.leaveRoom(roomId);
    const types = (): string[] => atAnn.events.map((event) => event.type);
    await until('Ann has all of them', () => types().includes('member_left'));
    expectNoHoles(atAnn.events);
    const expected = [
      'room_created',
      'message',
      'message_edited',
      'message_deleted',
      'room_renamed',
      'member_joined',
      'member_left',
    ];
    expect(expected.filter((type) => !types().includes(type))).toEqual([]);
    expect(atAnn.events.find((event) => event.type === 'message_edited')).toMatchObject({ messageId: id, message: 'edited' });
    expect(atAnn.events.find((event) => event.type === 'message_deleted')).toMatchObject({ messageId: id });
    // Giving up the membership ends the live streams of it too.
    await until('Bob is told', () => atBob.left.length === 1, 1_000);
    expect(atBob.left).toEqual(['left']);
  });

  test('history comes in pages, and the read mark is kept', async () => {
    const ann = await online('Ann');
    const { room, messages, texts } = await follow(ann, roomId);
    for (let count = 0; count < 9; count++) room.post(`text ${count}`);
    await until('all are here', () => texts().length === 9);
    const textsOf = (events: RoomEvent[]): string[] =>
      events.flatMap((event) => (event.type === 'message' ? [event.message] : []));
    const fourth = messages()[4]!;
    expect(textsOf((await room.history({ before: fourth.id, limit: 3 })).events)).toEqual(['text 1', 'text 2', 'text 3']);
    expect(textsOf((await room.history({ last: 2 })).events)).toEqual(['text 7', 'text 8']);
    const around = textsOf((await room.history({ around: fourth.id, limit: 4 })).events);
    expect(around).toContain('text 4');
    expect(around).toContain('text 3');
    expect(around).not.toContain('text 8');
    await room.markRead(fourth.id);
    expect((await ann.api.room(roomId)).readMark).toBe(fourth.id);
  });

  test('typing is seen by the others', async () => {
    const [ann, bob] = await Promise.all([online('Ann'), online('Bob', { transports: ['sse'] })]);
    const [atAnn, atBob] = [await follow(ann, roomId), await follow(bob, roomId)];
    const typed = (): void => atAnn.room.typing();
    const seen: string[] = [];
    atBob.room.on('signal', (signal) => void seen.push(signal.user.name));
    typed();
    typed();
    await atAnn.room.post('a fence').posted;
    await until('the fence is here', () => atBob.texts().length === 1);
    await until('Ann was seen typing', () => seen.length > 0);
    expect(seen).toEqual(['Ann']);
  });

  test('what is read on one device is told on the others, and to nobody else', async () => {
    // The storage holds the guest: both devices are the same person.
    const storage = memoryStorage();
    const ann = await online('Ann', { storage });
    const [other, bob] = [await online('Ann', { storage, transports: ['sse'] }), await online('Bob')];
    const [atAnn, atOther, atBob] = [await follow(ann, roomId), await follow(other, roomId), await follow(bob, roomId)];
    const [annTold, otherTold, bobTold]: string[][] = [[], [], []];
    atAnn.room.on('readMark', (position) => void annTold!.push(position));
    atOther.room.on('readMark', (position) => void otherTold!.push(position));
    atBob.room.on('readMark', (position) => void bobTold!.push(position));
    const first = await atBob.room.post('first').posted;
    await atAnn.room.markRead(first.id);
    await until('both devices were told', () => annTold!.length > 0 && otherTold!.length > 0);
    await atBob.room.post('a fence').posted;
    await until('the fence is here', () => atBob.texts().length === 2);
    expect([annTold, otherTold, bobTold]).toEqual([[first.id], [first.id], []]);
    expect(atOther.room.readMark).toBe(first.id);
  });

  test('rooms are joined and left while connected, many on one connection', async () => {
    const [ann, bob] = await Promise.all([online('Ann', { url: target.url }), online('Bob')]);
    const ids = Array.from({ length: 12 }, (_, index) => `${roomId}.${index}`);
    const followed = await Promise.all(ids.map((id) => follow(bob, id)));
    followed[0]!.room.leave();
    expect(followed[0]!.left).toEqual(['left']);
    await Promise.all(ids.map((id) => ann.join(id).post(`in ${id}`).posted));
    await until('eleven rooms have their message', () => followed.filter((one) => one.texts().length === 1).length === 11);
    expect(followed[0]!.texts()).toEqual([]);
    const again = await follow(bob, ids[0]!, { last: 1 });
    await until('the room that was left is read again', () => again.texts().length === 1);
  });

  test('a revoked invitation is gone', async () => {
    const [ann, bob] = await Promise.all([online('Ann'), online('Bob')]);
    await ann.api.createRoom({ id: roomId, visibility: 'private' });
    const { id, token } = await ann.api.invite(roomId);
    expect((await bob.api.invitation(token)).room.id).toBe(roomId);
    expect((await ann.api.invitations(roomId)).map((one) => one.id)).toEqual([id]);
    await ann.api.revokeInvitation(roomId, id);
    await expect(bob.api.acceptInvitation(token)).rejects.toMatchObject({ code: 'gone', status: 410 });
  });

  test.each([1, 2, 3])(
    "whatever the network does, all read the same: each post once, in its sender's order (seed %i)",
    async (seed) => {
      const random = randomOf(seed);
      const people = await Promise.all(
        (['websocket', 'sse', 'longpoll', undefined] as const).map(async (transport, index) => {
          const made = person(`P${index}`, transport === undefined ? {} : { transports: [transport] });
          await made.client.connect();
          return { ...made, ...(await follow(made.client, roomId)) };
        }),
      );
      const written: string[][] = people.map(() => []);
      const faults: (() => void)[] = [
        () => proxy.cut(),
        () => void (proxy.dropReplies += 1 + Math.floor(random() * 3)),
        () => proxy.goOffline(),
        () => void (proxy.upgrades = random() < 0.5 ? 'refuse' : 'pass'),
      ];
      const posts = [];
      for (let step = 0; step < 120; step++) {
        const index = Math.floor(random() * people.length);
        const text = `${index}: ${step}`;
        written[index]!.push(text);
        posts.push(people[index]!.room.post(text));
        if (random() < 0.15) faults[Math.floor(random() * faults.length)]!();
        if (random() < 0.3) await Promise.race([posts[Math.floor(random() * posts.length)]!.posted, nextTurn()]);
        if (proxy.offline && random() < 0.5) {
          proxy.offline = false;
          for (const { network } of people) network.dispatchEvent(new Event('online'));
        }
      }
      proxy.offline = false;
      proxy.dropReplies = 0;
      proxy.upgrades = 'pass';
      for (const { network } of people) network.dispatchEvent(new Event('online'));
      await Promise.all(posts.map((post) => post.posted));
      for (const one of people) await until('everybody has every post', () => one.texts().length === posts.length, 15_000);
      for (const one of people) {
        expectNoHoles(one.events);
        expect(one.messages()).toEqual(people[0]!.messages());
        expect(one.gaps).toEqual([]);
      }
      for (const [index, texts] of written.entries()) {
        expect(people[0]!.texts().filter((text) => text.startsWith(`${index}:`))).toEqual(texts);
      }
    },
  );

  describe('when upgrades are blocked', () => {
    test.each([
      ['refuse', 'pass', 'sse'],
      ['refuse', 'hold', 'longpoll'],
      ['swallow', 'pass', 'sse'],
      ['swallow', 'hold', 'longpoll'],
    ] as const)('(sockets: %s, streams: %s) the conversation goes on over %s within 5 s', async (upgrades, streams, expected) => {
      proxy.upgrades = upgrades;
      proxy.streams = streams;
      const { client: ann } = person('Ann');
      const atAnn = subscribe(ann, roomId);
      const began = performance.now();
      await ann.connect();
      expect(performance.now() - began).toBeLessThan(5_000);
      expect(ann.transport).toBe(expected);
      await until('the room is joined', () => atAnn.joined.length > 0);
      await atAnn.room.post('through').posted;
      await until('the message is here', () => atAnn.texts().length === 1);
    });

    test('the socket comes back when they are not, in the middle of a conversation and without a gap', async () => {
      proxy.upgrades = 'refuse';
      proxy.streams = 'hold';
      const [{ client: ann, network }, bob] = [person('Ann'), await online('Bob', { url: target.url })];
      await ann.connect();
      const [atAnn, atBob] = [await follow(ann, roomId), await follow(bob, roomId)];
      expect(ann.transport).toBe('longpoll');
      const states: string[] = [];
      ann.on('state', (state) => void states.push(state));
      const posts = Array.from({ length: 60 }, (_, index) => atBob.room.post(`text ${index}`));
      await posts[20]!.posted;
      proxy.streams = 'pass';
      network.dispatchEvent(new Event('online'));
      await until('Ann has climbed to the event stream', () => ann.transport === 'sse');
      proxy.upgrades = 'pass';
      network.dispatchEvent(new Event('online'));
      await until('Ann has climbed to the WebSocket', () => ann.transport === 'websocket');
      await until('Ann has all', () => atAnn.texts().length === 60);
      expect(atAnn.events).toEqual(atBob.events);
      expectNoHoles(atAnn.events);
      expect(states.filter((state) => state !== 'online')).toEqual([]);
    });
  });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
