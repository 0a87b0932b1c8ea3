import { asInert } from './files.js';
import type { Http } from './http.js';
import type {
  AttachedFile,
  Block,
  Changed,
  Consistency,
  HistoryPage,
  Invitation,
  InvitationPreview,
  ListedInvitation,
  Me,
  Member,
  Message,
  MessageEdit,
  PageQuery,
  Position,
  PostExtras,
  Posted,
  Presence,
  Profile,
  Report,
  ReportResolution,
  Role,
  Room,
  RoomChange,
  RoomsQuery,
  SearchQuery,
  SearchResults,
  SignIn,
  ThreadQuery,
  UploadOptions,
  User,
  Visibility,
  WaysIn,
} from './types.js';
import { readEvents } from './wire.js';
import type { JsonEvent, RoomGap } from './wire.js';

export interface EventsQuery {
  after?: Position;
  before?: Position;
  around?: Position;
  last?: number;
  limit?: number;
}

/** A page of a room as the server answers it: events of types this SDK does not know are still in it. */
export interface RawPage {
  events: JsonEvent[];
  position: Position;
  head: number;
  gap?: RoomGap;
  later?: JsonEvent[];
}

/**
 * The HTTP API of the protocol's § 7, one method a request, each tried once and rejecting with a HubbubError.
 * (Posts that must arrive go through a room's outbox instead: `room.post`.)
 */
export class HubbubApi {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  me(): Promise<Me> {
    return this.#http.json('GET', '/api/me');
  }

  /**
   * Makes an account: the caller's own, who is a guest and keeps their id. Names are unique; a password has 8–128 characters;
   * a handle is a second name to sign in with.
   */
  createAccount(account: { name: string; password: string; handle?: string }): Promise<SignIn> {
    return this.#http.json('POST', '/api/accounts', account);
  }

  /** Needs no token. */
  waysIn(): Promise<WaysIn> {
    return this.#http.json('GET', '/api/login', undefined, { asNobody: true });
  }

  /**
   * Signs in by name (or handle) and password. The token is for a `Hubbub` of its own: this one stays whose it is. Rejects with
   * `bad_credentials`, or for a while with `rate_limited`.
   */
  signIn(name: string, password: string): Promise<SignIn> {
    return this.#http.json('POST', '/api/login', { name, password }, { asNobody: true });
  }

  /** Every older token ends within seconds, this client's too: go on with the one in the answer. */
  changePassword(password: string, newPassword: string): Promise<SignIn> {
    return this.#http.json('PUT', '/api/me/password', { password, newPassword });
  }

  /** Ends every token that the caller has, and with them every connection, everywhere. A guest cannot come back. */
  async signOutEverywhere(): Promise<void> {
    await this.#http.nothing('POST', '/api/logout-everywhere');
  }

  profile(userId: string): Promise<Profile> {
    return this.#http.json('GET', `/api/users/${encodeURIComponent(userId)}`);
  }

  /** Of 1–100 users at once, in no particular order; whom the server does not know is left out. */
  async profiles(userIds: readonly string[]): Promise<Profile[]> {
    const asked = userIds.map((id) => `id=${encodeURIComponent(id)}`).join('&');
    const answer = await this.#http.json<{ users: Profile[] }>('GET', `/api/users?${asked}`);
    return answer.users;
  }

  /** What is absent stays; an empty colour is none. A new name is in what you say from now on. */
  changeProfile(change: { name?: string; color?: string }): Promise<Profile> {
    return this.#http.json('PATCH', '/api/me', change);
  }

  /** A PNG, JPEG or WebP of at most 512 KiB and 1024 × 1024 pixels. */
  setAvatar(picture: Blob): Promise<Profile> {
    return this.#http.json('PUT', '/api/me/avatar', picture);
  }

  async removeAvatar(): Promise<void> {
    await this.#http.nothing('DELETE', '/api/me/avatar');
  }

  /** Whom you have blocked: what they say is for the client to hide. */
  async blocks(): Promise<Block[]> {
    const answer = await this.#http.json<{ blocks: Block[] }>('GET', '/api/me/blocks');
    return answer.blocks;
  }

  async block(userId: string): Promise<void> {
    await this.#http.nothing('PUT', `/api/me/blocks/${encodeURIComponent(userId)}`);
  }

  async unblock(userId: string): Promise<void> {
    await this.#http.nothing('DELETE', `/api/me/blocks/${encodeURIComponent(userId)}`);
  }

  /** Public rooms and your private ones, by id, a page at a time. */
  rooms(page: RoomsQuery = {}): Promise<{ rooms: Room[]; next: string | null }> {
    return this.#http.json('GET', `/api/rooms${query({ ...page })}`);
  }

  /**
   * Messages in all rooms that you may read now: words (all of them), `"phrases"`, `from:` (id or name), `in:` (room), `before:` and `after:` (days),
   * `has:link`, `has:file`. Rejects with `rate_limited` whoever searches faster than two a second for long.
   */
  search(text: string, page: SearchQuery = {}): Promise<SearchResults> {
    return this.#http.json('GET', `/api/search${query({ q: text, ...page })}`);
  }

  createRoom(room: { id?: string; name?: string; visibility?: Visibility; consistency?: Consistency } = {}): Promise<Room> {
    return this.#http.json('POST', '/api/rooms', room);
  }

  /**
   * The room of you and 1–7 others, who must be known to the server; the same people always have the same one. Others see it in their list
   * as soon as something is said. Rejects with `forbidden` where one of two has blocked the other. `leaveRoom` hides it until then, too.
   */
  openDirect(userIds: readonly string[]): Promise<Room> {
    return this.#http.json('POST', '/api/direct', { people: userIds });
  }

  room(roomId: string): Promise<Room> {
    return this.#http.json('GET', roomPath(roomId));
  }

  rename(roomId: string, name: string): Promise<Room> {
    return this.change(roomId, { name });
  }

  /** Changes a room (owners). */
  change(roomId: string, change: RoomChange): Promise<Room> {
    return this.#http.json('PATCH', roomPath(roomId), change);
  }

  /** Pins a message to the room (owners); a room has at most 50 pins. */
  pin(roomId: string, messageId: string): Promise<Changed> {
    return this.#http.json('PUT', `${messagePath(roomId, messageId)}/pin`);
  }

  unpin(roomId: string, messageId: string): Promise<Changed> {
    return this.#http.json('DELETE', `${messagePath(roomId, messageId)}/pin`);
  }

  /** The pinned messages as they stand, the one pinned last first. */
  async pins(roomId: string): Promise<Message[]> {
    const answer = await this.#http.json<{ pins: Message[] }>('GET', `${roomPath(roomId)}/pins`);
    return answer.pins;
  }

  members(roomId: string, page: PageQuery = {}): Promise<{ members: Member[]; next: string | null }> {
    return this.#http.json('GET', `${roomPath(roomId)}/members${query({ ...page })}`);
  }

  /** Makes you a member of a public room; again: the same answer. */
  joinRoom(roomId: string): Promise<Member> {
    return this.#http.json('PUT', `${roomPath(roomId)}/members/me`);
  }

  /** Ends your membership, and your live streams of the room with it. */
  async leaveRoom(roomId: string): Promise<void> {
    await this.#http.nothing('DELETE', `${roomPath(roomId)}/members/me`);
  }

  /** Sends a member away (owners, moderators), who may come back. */
  async kick(roomId: string, userId: string): Promise<void> {
    await this.#http.nothing('POST', `${memberPath(roomId, userId)}/kick`);
  }

  /** Changes a member's role (owners). */
  setRole(roomId: string, userId: string, role: Role): Promise<Member> {
    return this.#http.json('PUT', memberPath(roomId, userId), { role });
  }

  /** Keeps somebody from writing (owners, moderators) for 1 second to 30 days. */
  mute(roomId: string, userId: string, seconds: number): Promise<{ user: User; until: string }> {
    return this.#http.json('PUT', `${memberPath(roomId, userId)}/mute`, { seconds });
  }

  async unmute(roomId: string, userId: string): Promise<void> {
    await this.#http.nothing('DELETE', `${memberPath(roomId, userId)}/mute`);
  }

  /** Removes a member (owners, moderators), who may come back only by invitation. */
  async removeMember(roomId: string, userId: string): Promise<void> {
    await this.#http.nothing('DELETE', memberPath(roomId, userId));
  }

  /** A link into the room; `expiresIn` in seconds, default 7 days, at most 30. */
  invite(roomId: string, options: { expiresIn?: number } = {}): Promise<Invitation> {
    return this.#http.json('POST', `${roomPath(roomId)}/invitations`, options);
  }

  async invitations(roomId: string): Promise<ListedInvitation[]> {
    const answer = await this.#http.json<{ invitations: ListedInvitation[] }>('GET', `${roomPath(roomId)}/invitations`);
    return answer.invitations;
  }

  async revokeInvitation(roomId: string, invitationId: string): Promise<void> {
    await this.#http.nothing('DELETE', `${roomPath(roomId)}/invitations/${encodeURIComponent(invitationId)}`);
  }

  invitation(token: string): Promise<InvitationPreview> {
    return this.#http.json('GET', `/api/invitations/${encodeURIComponent(token)}`);
  }

  acceptInvitation(token: string): Promise<Room> {
    return this.#http.json('POST', `/api/invitations/${encodeURIComponent(token)}`);
  }

  /** The same room, sender and key is stored once: with a key it is safe to call this again. */
  post(roomId: string, message: string, key?: string, context: PostExtras = {}): Promise<Posted> {
    return this.#http.json('POST', `${roomPath(roomId)}/messages`, {
      message,
      ...(key === undefined ? {} : { key }),
      ...(context.replyTo === undefined ? {} : { replyTo: context.replyTo }),
      ...(context.thread === undefined ? {} : { thread: context.thread }),
      ...(context.files === undefined ? {} : { files: context.files }),
    });
  }

  /**
   * Uploads a file to a room, for a message to bring (`room.post(text, { files: [file.id] })`); it waits 24 h for one. Rejects with
   * `too_large`, `too_many_files`, `no_space`, or `cancelled` by the signal; nothing is kept then.
   */
  uploadFile(roomId: string, file: Blob, options: UploadOptions = {}): Promise<AttachedFile> {
    const name = options.name ?? (file as Partial<File>).name ?? 'file';
    // As most systems write it: some give names with their accents apart.
    return this.#http.upload(`${roomPath(roomId)}/files${query({ name: name.normalize('NFC'), 'thumbnail-of': options.thumbnailOf })}`, file, options);
  }

  /** Gives up a file of yours that no message has. */
  async dropFile(roomId: string, fileId: string): Promise<void> {
    await this.#http.nothing('DELETE', `${roomPath(roomId)}/files/${encodeURIComponent(fileId)}`);
  }

  /** A file's bytes; of a type that no browser runs, whatever the server says. */
  async downloadFile(roomId: string, fileId: string, options: { signal?: AbortSignal } = {}): Promise<Blob> {
    const path = `/files/${encodeURIComponent(roomId)}/${encodeURIComponent(fileId)}/file`;
    return asInert(await this.#http.stream(path, '*/*', options.signal ?? new AbortController().signal));
  }

  /** A message as it stands. */
  message(roomId: string, messageId: string): Promise<Message> {
    return this.#http.json('GET', messagePath(roomId, messageId));
  }

  /** What a message said, first and after each edit, oldest first. */
  async edits(roomId: string, messageId: string): Promise<MessageEdit[]> {
    const answer = await this.#http.json<{ edits: MessageEdit[] }>('GET', `${messagePath(roomId, messageId)}/edits`);
    return answer.edits;
  }

  edit(roomId: string, messageId: string, message: string, key?: string): Promise<Posted> {
    return this.#http.json('PATCH', messagePath(roomId, messageId), key === undefined ? { message } : { message, key });
  }

  remove(roomId: string, messageId: string): Promise<Posted> {
    return this.#http.json('DELETE', messagePath(roomId, messageId));
  }

  /** Says to those who keep order what you hold against somebody's message, in 1–500 characters; again, while it waits: the same report. */
  report(roomId: string, messageId: string, reason: string): Promise<{ id: string; reportedAt: string }> {
    return this.#http.json('POST', `${messagePath(roomId, messageId)}/reports`, { reason });
  }

  /** Reports of a room (owners, moderators): those that wait, the oldest first, or those that were decided, the newest first. */
  async reports(roomId: string, options: { resolved?: boolean } = {}): Promise<Report[]> {
    const answer = await this.#http.json<{ reports: Report[] }>('GET', `${roomPath(roomId)}/reports${options.resolved ? '?resolved=true' : ''}`);
    return answer.reports;
  }

  /** Decides about a report (owners, moderators), and all others of its message that wait. `deleted` deletes the message. */
  resolveReport(roomId: string, reportId: string, resolution: ReportResolution): Promise<Report> {
    return this.#http.json('POST', `${roomPath(roomId)}/reports/${encodeURIComponent(reportId)}`, { resolution });
  }

  async history(roomId: string, asked: EventsQuery): Promise<HistoryPage> {
    const page = await this.page(roomId, asked);
    return historyOf(page);
  }

  /** Messages of a thread, and in `later` what has happened to them. */
  async thread(roomId: string, messageId: string, asked: ThreadQuery = {}): Promise<HistoryPage> {
    return historyOf(await this.#http.json<RawPage>('GET', `${messagePath(roomId, messageId)}/thread${query({ ...asked })}`));
  }

  /** Reacts to a message with an emoji, or `:name:`; again: nothing changes. */
  react(roomId: string, messageId: string, emoji: string): Promise<Changed> {
    return this.#http.json('PUT', `${messagePath(roomId, messageId)}/reactions/${encodeURIComponent(emoji)}`);
  }

  unreact(roomId: string, messageId: string, emoji: string): Promise<Changed> {
    return this.#http.json('DELETE', `${messagePath(roomId, messageId)}/reactions/${encodeURIComponent(emoji)}`);
  }

  /** @internal */
  page(roomId: string, asked: EventsQuery): Promise<RawPage> {
    return this.#http.json('GET', `${roomPath(roomId)}/events${query({ ...asked })}`);
  }

  async markRead(roomId: string, position: Position): Promise<void> {
    await this.#http.nothing('PUT', `${roomPath(roomId)}/read`, { position });
  }

  /** Where to connect to. `node` is null where clients do not reach nodes by themselves. */
  connect(roomId?: string): Promise<{ node: string | null; url: string }> {
    return this.#http.json('GET', `/api/connect${query({ room: roomId })}`);
  }

  /** Who is in the room now, at whichever server. */
  presence(roomId: string): Promise<Presence> {
    return this.#http.json('GET', `${roomPath(roomId)}/presence`);
  }

  async typing(roomId: string): Promise<void> {
    await this.#http.nothing('POST', `${roomPath(roomId)}/typing`);
  }
}

function historyOf(page: RawPage): HistoryPage {
  return { events: readEvents(page.events), position: page.position, head: page.head, later: readEvents(page.later) };
}

function roomPath(roomId: string): string {
  return `/api/rooms/${encodeURIComponent(roomId)}`;
}

function memberPath(roomId: string, userId: string): string {
  return `${roomPath(roomId)}/members/${encodeURIComponent(userId)}`;
}

function messagePath(roomId: string, messageId: string): string {
  return `${roomPath(roomId)}/messages/${encodeURIComponent(messageId)}`;
}

function query(fields: Record<string, string | number | undefined>): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (given.length === 0) return '';
  return `?${given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')}`;
}
