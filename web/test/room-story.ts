import type { RoomEvent, User } from 'hubbub-client';

export const ada: User = { id: 'u-ada', name: 'Ada' };
export const bo: User = { id: 'u-bo', name: 'Bo' };

export const EPOCH = '9f3a01bc';
const START = Date.UTC(2026, 10, 22, 12);

type Bare<T> = T extends RoomEvent ? Omit<T, 'roomId' | 'sequence' | 'id' | 'sender' | 'sentAt'> : never;

/** A room's log as a test tells it: each line is numbered, and a second after the one before. */
export class RoomStory {
  readonly events: RoomEvent[] = [];

  get head(): number {
    return this.events.length;
  }

  tell(event: Bare<RoomEvent>, sender: User = ada, at?: number): RoomEvent {
    const sequence = this.head + 1;
    const sentAt = new Date(at ?? START + sequence * 1000).toISOString();
    const told = { ...event, roomId: 'room1', sequence, id: idOf(sequence), sender, sentAt } as RoomEvent;
    this.events.push(told);
    return told;
  }

  says(text: string, { by = ada, key, at }: { by?: User; key?: string; at?: number } = {}): RoomEvent {
    return this.tell({ type: 'message', message: text, ...(key ? { key } : {}) }, by, at);
  }

  edits(message: number, text: string): RoomEvent {
    return this.tell({ type: 'message_edited', messageId: idOf(message), message: text });
  }

  deletes(message: number): RoomEvent {
    return this.tell({ type: 'message_deleted', messageId: idOf(message) });
  }
}

export const idOf = (sequence: number): string => `${EPOCH}:${sequence}`;

/** Small, fast and the same on every machine (mulberry32), so that a printed seed repeats a failure. */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** A log of that many events of every kind, with edits and deletions of messages all over it. */
export function randomStory(random: (below: number) => number, length: number): RoomStory {
  const story = new RoomStory();
  story.tell({ type: 'room_created', name: 'room1', visibility: 'public' });
  while (story.head < length) {
    const messages = story.events.filter((event) => event.type === 'message');
    const target = messages[random(messages.length)]?.sequence;
    const dice = random(14);
    const by = random(2) ? ada : bo;
    if (target && dice === 10) story.tell({ type: random(2) ? 'reaction_added' : 'reaction_removed', messageId: idOf(target), emoji: random(2) ? '👍' : '🎉' }, by);
    else if (target && dice === 11) story.tell({ type: random(2) ? 'message_pinned' : 'message_unpinned', messageId: idOf(target) }, by);
    else if (target && dice === 12) story.tell({ type: 'message', message: `in a thread ${story.head}`, thread: rootOf(story, target) }, by);
    else if (target && dice === 13) story.tell({ type: 'message', message: `an answer ${story.head}`, replyTo: idOf(target), mentions: [bo.id] }, by);
    else if (target && dice < 3) story.edits(target, `edited ${story.head}`);
    else if (target && dice === 3) story.deletes(target);
    else if (dice === 4) story.tell({ type: 'member_joined', user: bo, role: 'member' }, bo);
    else if (dice === 5) story.tell({ type: 'room_renamed', name: `name ${story.head}` });
    else story.says(`message ${story.head}`, { by: random(2) ? ada : bo, key: `k${story.head}` });
  }
  return story;
}

/** A thread's root is in no thread itself. */
function rootOf(story: RoomStory, sequence: number): string {
  const { thread } = story.events[sequence - 1] as RoomEvent & { thread?: string };
  return thread ?? idOf(sequence);
}
