import type { HubbubError } from './errors.js';

/** `E:S`: the log's life and the sequence of the last event you have; `0` is before the first event, whatever the life. */
export type Position = string;

export interface User {
  id: string;
  name: string;
}

export type Role = 'owner' | 'moderator' | 'member' | 'reader';
export type Visibility = 'public' | 'private';
/** `relaxed`: for a mass audience; live streams may skip events, and say how many. */
export type Consistency = 'strong' | 'relaxed';

/** What an event has whatever its type. `sequence` has no holes in a room; `sentAt` is for display, never for order. */
export interface EventCommon {
  roomId: string;
  sequence: number;
  /** The event's own position. A message's id is the id of the event that posted it. */
  id: string;
  sender: User;
  sentAt: string;
}

/** What a message, or an edit of it, says. */
export interface Said {
  /** The text; empty once the message is deleted, or where it only brings files. */
  message: string;
  /** User ids, and the word `@room`; absent for nobody. */
  mentions?: string[];
  /** The message was deleted, and its text is gone for good. */
  deleted?: boolean;
}

/** Where a message belongs: both are ids of messages of the room. */
export interface PostContext {
  /** The message that it answers. */
  replyTo?: string;
  /** The message in whose thread it stands; itself in no thread. */
  thread?: string;
}

/** What a post has beside its text. */
export interface PostExtras extends PostContext {
  /** Ids of at most 10 files that were uploaded to the room (`api.uploadFile`); the text may be empty then. */
  files?: readonly string[];
}

/** A file that a message brings. Its bytes: `api.downloadFile`. */
export interface AttachedFile {
  id: string;
  name: string;
  /** `image/png`, `image/jpeg`, `image/webp`, `image/gif`, or `application/octet-stream` for whatever else it is. */
  type: string;
  /** In bytes. */
  size: number;
  /** Of pictures, in pixels. */
  width?: number;
  height?: number;
  /** The id of a smaller picture of it. */
  thumbnail?: string;
}

export interface UploadOptions {
  /** What it is called; a File has a name already. */
  name?: string;
  /** The picture, uploaded before and brought by no message yet, of which this is a smaller one. */
  thumbnailOf?: string;
  /** Told how many bytes of how many have left; in browsers while they leave, elsewhere once at the end. */
  onProgress?: (sent: number, total: number) => void;
  /** Cancels the upload: then nothing of it is kept. */
  signal?: AbortSignal;
}

export type RoomEvent = (
  | ({ type: 'message'; key?: string; files?: AttachedFile[] } & PostContext & Said)
  | ({ type: 'message_edited'; messageId: string } & Said)
  | { type: 'message_deleted'; messageId: string }
  | { type: 'reaction_added'; messageId: string; emoji: string }
  | { type: 'reaction_removed'; messageId: string; emoji: string }
  | { type: 'member_joined'; user: User; role: string }
  | { type: 'member_left'; user: User; reason: string }
  | { type: 'role_changed'; user: User; role: string }
  | { type: 'member_muted'; user: User; until: string }
  | { type: 'member_unmuted'; user: User }
  | { type: 'room_created'; name: string; visibility: string; consistency?: string }
  | { type: 'room_renamed'; name: string }
  | { type: 'room_topic'; topic: string }
  | { type: 'room_archived' }
  | { type: 'room_unarchived' }
  | { type: 'slow_mode'; seconds: number }
  | { type: 'message_pinned'; messageId: string }
  | { type: 'message_unpinned'; messageId: string }
) &
  EventCommon;

/** Never stored and never repeated: show it for five seconds. */
export interface TypingSignal {
  type: 'typing';
  roomId: string;
  user: User;
}

/** Who is in a room now, at whichever server they are connected. */
export interface Presence {
  count: number;
  /** All of them; in a large room some, and in a relaxed room none. */
  users: User[];
  /** Whether `users` are only some. */
  sampled: boolean;
}

/** The room's stream begins, or goes on after a reconnect. Name, visibility and consistency are not known on a long poll. */
export interface Joined {
  roomId: string;
  name?: string;
  visibility?: string;
  consistency?: string;
  /** Where the stream starts. */
  position: Position;
  /** The newest sequence at that moment. */
  head: number;
}

/** What you hold up to `from` may not connect to what follows `to`: drop it and fetch a fresh page. */
export interface Gap {
  from: Position;
  to: Position;
  reason: string;
}

/**
 * In a relaxed room: the events after `from` up to and with `to`, `count` of them, are not handed on. What you hold stays right; `history` still
 * has them.
 */
export interface Skipped {
  from: Position;
  to: Position;
  count: number;
}

/** The room's stream has ended for good. `refused`: it never began, and `error` says why. */
export interface Left {
  reason: 'left' | 'removed' | 'kicked' | 'gone' | 'refused';
  error?: HubbubError;
}

/** The server's acknowledgement: the event is stored. */
export interface Posted {
  room: string;
  sequence: number;
  epoch: string;
  id: string;
  sentAt: string;
}

/** Something is as you asked. Without `sentAt` it was so already, and the position is the head of the room's log. */
export type Changed = Omit<Posted, 'sentAt'> & { sentAt?: string };

/**
 * A post between the hand and the log. Show it at once; its event carries the same `key`.
 *
 * - `pending`: waits for its turn or for the network; `sending`: on its way;
 * - `sent`: acknowledged, and its event has not been handed on yet (it leaves the outbox in the same moment as that comes);
 * - `failed`: refused for good, `error` says why. It stays until `retry` or `discard`, and does not hold up the ones after it.
 */
export interface PendingPost {
  readonly key: string;
  readonly text: string;
  readonly replyTo?: string | undefined;
  readonly thread?: string | undefined;
  readonly files?: readonly string[] | undefined;
  /** Milliseconds since 1970, of this machine. */
  readonly createdAt: number;
  readonly state: 'pending' | 'sending' | 'sent' | 'failed';
  readonly error: HubbubError | undefined;
  /** Rejects when the post fails or is discarded; `retry` makes a new promise. It need not be awaited. */
  readonly posted: Promise<Posted>;
  /** Sends a failed post again, with the same key. */
  retry(): void;
  /** Forgets the post. One that is being sent may still be stored. */
  discard(): void;
}

export type ConnectionState = 'idle' | 'connecting' | 'online' | 'reconnecting' | 'closed';
export type TransportName = 'websocket' | 'sse' | 'longpoll';

export type Unsubscribe = () => void;

export interface RoomListeners {
  event: (event: RoomEvent) => void;
  signal: (signal: TypingSignal) => void;
  /** Who is in the room has changed; all of them, not the change. Whoever listens has it asked for when the stream begins, and after every reconnect. */
  presence: (presence: Presence) => void;
  /** You have read up to here, on this device or another; told in order of the positions. On a long poll it is not told: there `api.room` says it. */
  readMark: (position: Position) => void;
  joined: (joined: Joined) => void;
  gap: (gap: Gap) => void;
  /** Only in relaxed rooms. */
  skipped: (skipped: Skipped) => void;
  left: (left: Left) => void;
  outbox: (pending: readonly PendingPost[]) => void;
}

export interface HistoryQuery {
  before?: Position;
  around?: Position;
  last?: number;
  /** 1–1000, default 100. */
  limit?: number;
}

export interface ThreadQuery {
  after?: Position;
  /** 1–1000, default 100. */
  limit?: number;
}

export interface HistoryPage {
  events: RoomEvent[];
  /** What to ask `after` next. */
  position: Position;
  head: number;
  /** What has happened to the page's messages behind its last event, at most 1000 events: apply it to the page. */
  later: RoomEvent[];
}

/** One room, followed from a position: every event once, in the order of its sequence, over any transport. A relaxed room may skip some, and says so. */
export interface RoomSubscription {
  readonly id: string;
  /** The last event handed on; undefined until the first `joined`. */
  readonly position: Position | undefined;
  /** How far you have read, as far as it was told since the room was joined; undefined if it was not. `api.room` always knows. */
  readonly readMark: Position | undefined;
  readonly outbox: readonly PendingPost[];
  on<E extends keyof RoomListeners>(event: E, listener: RoomListeners[E]): Unsubscribe;
  post(text: string, options?: { key?: string } & PostExtras): PendingPost;
  edit(messageId: string, text: string): Promise<Posted>;
  remove(messageId: string): Promise<Posted>;
  /** Tells the others that you type; call it at every key stroke, it is sent once in 3 s at most. */
  typing(): void;
  /** Asks who is in the room now. To be kept up to date, listen to `presence`. */
  presence(): Promise<Presence>;
  /** Reacts to a message with an emoji, or `:name:`. */
  react(messageId: string, emoji: string): Promise<Changed>;
  unreact(messageId: string, emoji: string): Promise<Changed>;
  history(query: HistoryQuery): Promise<HistoryPage>;
  /** Messages of the thread that begins with this one, `after` a position. */
  thread(messageId: string, query?: ThreadQuery): Promise<HistoryPage>;
  markRead(position: Position): Promise<void>;
  /** Ends this stream; it does not end your membership. */
  leave(): void;
}

/** Where the outbox and a guest's token live. Synchronous, so that a post is kept before `post` returns. */
export interface OutboxStorage {
  get(key: string): string | null | undefined;
  set(key: string, value: string): void;
  remove(key: string): void;
}

/** The part of a WebSocket that the SDK uses: a browser's, or that of the `ws` package. */
export interface WebSocketLike {
  readonly readyState: number;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export type WebSocketConstructor = new (url: string, protocols?: string[]) => WebSocketLike;

/** Where the browser's `online` event comes from. */
export interface NetworkEvents {
  addEventListener(type: 'online', listener: () => void): void;
  removeEventListener(type: 'online', listener: () => void): void;
}

export interface HubbubOptions {
  /** The server's address, `http:` or `https:`. Default: the page's own origin. */
  url?: string;
  /** A JWT, or a function that gives a fresh one whenever it is asked. */
  token?: string | (() => string | Promise<string>);
  /** Without a token: the name of the guest that is made once and kept in `storage`. Default `Guest`. */
  guestName?: string;
  /** In order of preference. Default: websocket, sse, longpoll. */
  transports?: TransportName[];
  /** Default: in memory. `browserStorage()` survives a reload. */
  storage?: OutboxStorage;
  /** Default: the global one; where there is none, the WebSocket is left out. */
  WebSocket?: WebSocketConstructor;
  fetch?: typeof fetch;
  /** Default: the global object, where it has events. */
  networkEvents?: NetworkEvents;
  now?: () => number;
  random?: () => number;
  setTimeout?: (callback: () => void, milliseconds: number) => unknown;
  clearTimeout?: (handle: unknown) => void;
}

export interface ClientListeners {
  /** Also called again in `reconnecting` when the time of the next attempt changes, and when the transport changes. */
  state: (state: ConnectionState) => void;
  error: (error: HubbubError) => void;
}

// What the plain calls of the HTTP API answer.

export interface Me {
  user: User;
  expiresAt: string;
}

/** How one may come in. */
export interface WaysIn {
  guests: boolean;
  accounts: boolean;
  /** Another place to sign in at: a browser goes to `url`, with `?return=` and a path to come back to. */
  openId: { name: string; url: string } | null;
}

/** What signing in gives. */
export interface SignIn {
  /** The identity: keep it secret. Give it to a `Hubbub` of its own. */
  token: string;
  user: User;
  expiresAt: string;
}

/** What everybody may see of somebody. */
export interface Profile {
  id: string;
  name: string;
  /** Whether they have an account here. */
  account: boolean;
  /** `#rrggbb`. */
  color: string | null;
  /** The address of their picture, from the server's root. */
  avatar: string | null;
  lastSeen: string;
  /** Whether they have a live connection now. */
  present: boolean;
}

export interface Block {
  /** The id of who is blocked. */
  user: string;
  since: string;
}

export interface Room {
  id: string;
  name: string;
  visibility: Visibility;
  consistency: Consistency;
  /** Absent for none. */
  topic?: string;
  /** Absent if it is not in the archive. */
  archived?: boolean;
  /** The seconds between two messages of one member; absent if there need be none. */
  slowModeSeconds?: number;
  position: Position;
  head: number;
  /** Null if you are no member. */
  role: Role | null;
  readMark: Position | null;
  /** Messages of others behind the read mark, threads apart; 1000 means so many or more. Absent if you are no member and have read nothing. */
  unread?: number;
  /** Of the messages of others behind the read mark, also in threads, those that mention you or everybody; absent where `unread` is. */
  mentions?: number;
  createdAt: string;
  /** A room between a few people, called by the others' names. Absent in all other rooms. */
  direct?: boolean;
  /** Of a direct room: who is in it, you too. */
  people?: User[];
}

/** A message as it stands after all that happened to it. */
export interface Message extends PostContext {
  id: string;
  sender: User;
  sentAt: string;
  /** Absent once it is deleted. */
  message?: string;
  edited: boolean;
  editedAt?: string;
  deleted: boolean;
  mentions?: string[];
  files?: AttachedFile[];
  /** In the order in which each emoji came first. */
  reactions: Reaction[];
  /** Where a thread begins: how many messages it has, and the id of the newest. */
  replies?: { count: number; last: string };
}

/** What is to be otherwise in a room; what is absent stays as it is. */
export interface RoomChange {
  name?: string;
  /** At most 1024 bytes; empty for none. */
  topic?: string;
  archived?: boolean;
  /** 0–21600. */
  slowModeSeconds?: number;
}

/** What somebody holds against a message. */
export interface Report {
  id: string;
  /** As it stands. */
  message: Message;
  reporter: User;
  reason: string;
  reportedAt: string;
  /** Absent while it waits. */
  resolution?: ReportResolution;
  /** A user id. */
  resolvedBy?: string;
  resolvedAt?: string;
}

export type ReportResolution = 'kept' | 'deleted';

export interface Reaction {
  emoji: string;
  /** How many users. */
  count: number;
  /** Whether you are one of them. */
  mine: boolean;
}

/** What a message said from a moment on; the first is the message itself. */
export interface MessageEdit {
  id: string;
  sentAt: string;
  message: string;
}

export interface Member {
  user: User;
  role: Role;
  since: string;
}

export interface Invitation {
  id: string;
  token: string;
  link: string;
  expiresAt: string;
}

/** An invitation as it is listed: its token is shown only once, when it is made. */
export interface ListedInvitation {
  id: string;
  createdBy: User | string;
  expiresAt: string;
}

/** What somebody who holds an invitation sees before taking it. */
export interface InvitationPreview {
  room: { id: string; name: string };
  expiresAt: string;
}

/** A message that was found, as it stands now. */
export interface FoundMessage {
  roomId: string;
  /** The message's id: its place in the room's log. */
  id: Position;
  sender: User;
  sentAt: string;
  message: string;
  /** Where in `message` the words stand that were looked for, begin and end as `slice` takes them; ascending, not overlapping. */
  highlights: [start: number, end: number][];
}

export interface SearchQuery {
  /** 1–100, default 20. */
  limit?: number;
  /** The `next` of the answer before. */
  before?: string;
}

export interface SearchResults {
  /** The newest first. */
  results: FoundMessage[];
  /** What asks for the page behind; null if there is nothing more. */
  next: string | null;
}

export interface PageQuery {
  limit?: number;
  after?: string;
}

export interface RoomsQuery extends PageQuery {
  /** Only rooms whose name or id contains this, in upper or lower case. */
  q?: string;
}
