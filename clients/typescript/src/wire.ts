import type { Position, RoomEvent, User } from './types.js';

/** A frame of the protocol's § 5, whichever transport it came by. */
export interface ServerFrame {
  type: string;
  id?: string | number;
  payload: Record<string, unknown>;
}

/** An event as it stands in a JSON answer: flat, and of any type, also one that this SDK does not know yet. */
export interface JsonEvent {
  type: string;
  roomId: string;
  sequence: number;
  id: Position;
  [field: string]: unknown;
}

export interface RoomGap {
  from: Position;
  to: Position;
  reason: string;
}

/** One room's part of an answer of `GET /api/events`. */
export interface JsonRoom {
  roomId: string;
  events?: JsonEvent[];
  position?: Position;
  head?: number;
  gap?: RoomGap;
  error?: { code: string; message: string; retryable?: boolean };
}

const eventTypes: ReadonlySet<string> = new Set([
  'message',
  'message_edited',
  'message_deleted',
  'reaction_added',
  'reaction_removed',
  'member_joined',
  'member_left',
  'role_changed',
  'member_muted',
  'member_unmuted',
  'room_created',
  'room_renamed',
  'room_topic',
  'room_archived',
  'room_unarchived',
  'slow_mode',
  'message_pinned',
  'message_unpinned',
]);

/** Frames that carry a sequence and are no events. Every other frame that has one is an event, known to us or not. */
const notEvents: ReadonlySet<string> = new Set(['ack', 'joined', 'gap', 'skipped', 'left', 'error', 'welcome']);

export function parseFrame(text: string): ServerFrame | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(parsed) || typeof parsed['type'] !== 'string') return undefined;
  const id = parsed['id'];
  const frame: ServerFrame = { type: parsed['type'], payload: isObject(parsed['payload']) ? parsed['payload'] : {} };
  if (typeof id === 'string' || typeof id === 'number') frame.id = id;
  return frame;
}

/** The event in a frame, or undefined where it holds none. An event of an unknown type counts: it takes a place in the log. */
export function eventOf(frame: ServerFrame): JsonEvent | undefined {
  if (notEvents.has(frame.type)) return undefined;
  const event = { ...frame.payload, type: frame.type };
  return isJsonEvent(event) ? event : undefined;
}

export function isJsonEvent(value: unknown): value is JsonEvent {
  return (
    isObject(value) &&
    typeof value['type'] === 'string' &&
    typeof value['roomId'] === 'string' &&
    Number.isSafeInteger(value['sequence']) &&
    typeof value['id'] === 'string'
  );
}

export function frameOf(event: JsonEvent): ServerFrame {
  const { type, ...payload } = event;
  return { type, payload };
}

/** Whether the application knows what to do with it. */
function isKnown(event: JsonEvent): event is JsonEvent & RoomEvent {
  return eventTypes.has(event.type);
}

/** The event as the application knows it, or undefined for one of an unknown type. What is deleted has an empty text. */
export function knownEvent(event: JsonEvent): RoomEvent | undefined {
  if (!isKnown(event)) return undefined;
  if ((event.type === 'message' || event.type === 'message_edited') && event.deleted === true) return { ...event, message: '' };
  return event;
}

export function readEvents(events: unknown): RoomEvent[] {
  if (!Array.isArray(events)) return [];
  return events
    .filter(isJsonEvent)
    .map(knownEvent)
    .filter((event) => event !== undefined);
}

export function userOf(value: unknown): User | undefined {
  if (!isObject(value) || typeof value['id'] !== 'string') return undefined;
  return { id: value['id'], name: typeof value['name'] === 'string' ? value['name'] : value['id'] };
}

export function usersOf(value: unknown): User[] | undefined {
  return Array.isArray(value) ? value.map(userOf).filter((user) => user !== undefined) : undefined;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
