import { expect } from 'vitest';
import type { Hubbub, RoomEvent, RoomSubscription } from '../../src/index.js';
import { until } from './until.js';

/** A subscription with all that it says. */
export function subscribe(client: Hubbub, roomId: string, options: { after?: string; last?: number } = {}) {
  const room: RoomSubscription = client.join(roomId, options);
  const events: RoomEvent[] = [];
  const gaps: unknown[] = [];
  const left: string[] = [];
  const joined: string[] = [];
  room.on('event', (event) => void events.push(event));
  room.on('gap', (gap) => void gaps.push(gap));
  room.on('left', ({ reason }) => void left.push(reason));
  room.on('joined', ({ position }) => void joined.push(position));
  const messages = (): Extract<RoomEvent, { type: 'message' }>[] => events.filter((event) => event.type === 'message');
  return { room, events, gaps, left, joined, messages, texts: () => messages().map((event) => event.message) };
}

export async function follow(client: Hubbub, roomId: string, options: { after?: string; last?: number } = {}) {
  const followed = subscribe(client, roomId, options);
  await until(`${roomId} is joined`, () => followed.joined.length > 0);
  return followed;
}

export function expectNoHoles(events: RoomEvent[]): void {
  const first = events[0]?.sequence ?? 0;
  expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => first + index));
}
