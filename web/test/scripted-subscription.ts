import type { HistoryPage, HistoryQuery, PendingPost, RoomListeners, RoomSubscription } from 'hubbub-client';
import { EPOCH, idOf, type RoomStory } from './room-story';

/** A subscription of a told story: the test says what comes when; history answers from the story when `answer` is called. */
export class ScriptedSubscription implements RoomSubscription {
  readonly id = 'room1';
  position: string | undefined;
  readMark: string | undefined;
  outbox: PendingPost[] = [];
  readonly asked: HistoryQuery[] = [];
  readonly marks: string[] = [];
  hasLeft = false;
  private readonly listeners = new Map<string, Set<(argument: never) => void>>();
  private readonly questions: { query: HistoryQuery; settle: (page: Promise<HistoryPage>) => void }[] = [];

  constructor(private readonly story: RoomStory) {}

  on<E extends keyof RoomListeners>(event: E, listener: RoomListeners[E]): () => void {
    const listeners = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  emit<E extends keyof RoomListeners>(event: E, argument: Parameters<RoomListeners[E]>[0]): void {
    for (const listener of this.listeners.get(event) ?? []) listener(argument as never);
  }

  /** Joins with the last events of the story as it is now, and delivers them. */
  begin(last: number): void {
    const start = Math.max(0, this.story.head - last);
    this.position = idOf(start);
    this.emit('joined', { roomId: this.id, position: this.position, head: this.story.head });
    this.deliver();
  }

  /** Delivers what the story has told since. */
  deliver(): void {
    for (const event of this.story.events.slice(Number(this.position!.split(':')[1]))) {
      this.position = event.id;
      this.emit('event', event);
    }
  }

  lose(to: number): void {
    this.emit('gap', { from: this.position!, to: idOf(to), reason: 'too_far_behind' });
    this.position = idOf(to);
  }

  skipTo(to: number): void {
    const from = this.position!;
    this.position = idOf(to);
    this.emit('skipped', { from, to: this.position, count: to - Number(from.split(':')[1]) });
  }

  history(query: HistoryQuery): Promise<HistoryPage> {
    this.asked.push(query);
    return new Promise((settle) => this.questions.push({ query, settle }));
  }

  /** Answers the oldest open question, or refuses it. */
  async answer(failure?: Error): Promise<void> {
    const { query, settle } = this.questions.shift()!;
    const around = query.around && Number(query.around.split(':')[1]);
    const before = around ? Math.min(this.story.head, around + query.limit! / 2) + 1 : Number(query.before!.split(':')[1]);
    const from = around ? around - query.limit! / 2 : before - 1 - query.limit!;
    const events = this.story.events.slice(Math.max(0, from), before - 1);
    settle(failure ? Promise.reject(failure) : Promise.resolve({ events, later: [], position: `${EPOCH}:${before - 1}`, head: this.story.head }));
    // Three turns: of this promise, of the await inside, and of what follows it.
    for (let turn = 0; turn < 3; turn++) await Promise.resolve();
  }

  presence(): never {
    throw new Error('This story is told without asking who is there.');
  }

  markRead(position: string): Promise<void> {
    this.marks.push(position);
    return Promise.resolve();
  }

  leave(): void {
    this.hasLeft = true;
  }

  post(): never {
    throw new Error('This story is told without posting.');
  }

  edit(): never {
    throw new Error('This story is told without editing.');
  }

  remove(): never {
    throw new Error('This story is told without deleting.');
  }

  react(): never {
    throw new Error('This story is told without reactions.');
  }

  unreact(): never {
    throw new Error('This story is told without reactions.');
  }

  thread(): never {
    throw new Error('This story is told without threads.');
  }

  typing(): void {}
}
