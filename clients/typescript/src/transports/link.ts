import type { HubbubApi } from '../api.js';
import type { Clock } from '../clock.js';
import type { HubbubError } from '../errors.js';
import { believable } from '../http.js';
import type { Http } from '../http.js';
import type { Position, TransportName, User, WebSocketConstructor } from '../types.js';
import type { ServerFrame } from '../wire.js';
import { numberOf, textOf } from '../wire.js';

/** Where a room's stream begins: after a position, with the last few events, or (neither) at the head. */
export interface RoomStart {
  id: string;
  after?: Position;
  last?: number;
}

export interface LinkHost {
  /** The address in use; it changes when the server names another. */
  readonly base: string;
  readonly clock: Clock;
  readonly http: Http;
  readonly api: HubbubApi;
  readonly WebSocket: WebSocketConstructor | undefined;
  /** The rooms to be read, each at its position of this moment. */
  rooms(): RoomStart[];
  /** Who we are, once any transport has said so. */
  user(): User | undefined;
}

/** Why a link is over. */
export interface LinkEnd {
  /** The close code, or that of the `closing` frame before it. */
  code?: number;
  retryAfterMs?: number;
  reason?: string;
  /** What an HTTP request of the link was refused with. */
  error?: HubbubError;
}

export interface LinkEvents {
  /** The server's first words have come: this transport works. Once, before any `frame`. */
  opened(user: User | undefined): void;
  frame(frame: ServerFrame): void;
  tokenExpiring(): void;
  /** The server asks us to go on elsewhere; at this address, or (undefined) where it is found as ever. */
  shallMove(url: string | undefined): void;
  /** Once, and nothing after it. Not called after `close()`. */
  closed(end: LinkEnd): void;
}

/**
 * One live connection, of whatever kind. It reads the rooms of its host, and turns what comes into the frames of the
 * protocol's § 5. It promises nothing: events may be missing or come twice, the rooms' cursors see to that.
 */
export interface Link {
  readonly transport: TransportName;
  /** The token it was opened with, or was given since. */
  readonly token: string;
  open(): void;
  /** The room is to be read from its host's position on, be it new or being read already. */
  join(roomId: string): void;
  leave(roomId: string): void;
  /** False where this link has no way to say it. */
  typing(roomId: string): boolean;
  authenticate(token: string): void;
  /** The network has changed: find out soon whether the other side is still there. */
  check(): void;
  close(): void;
}

/** Proxies eat close frames, so the announcement counts and the close itself is not waited for. */
export function endOfClosing(frame: ServerFrame): LinkEnd {
  const code = numberOf(frame.payload['code']);
  const seconds = numberOf(frame.payload['retryAfter']);
  return {
    ...(code === undefined ? {} : { code }),
    ...(seconds === undefined ? {} : { retryAfterMs: believable(seconds * 1000) }),
    reason: textOf(frame.payload['reason']) ?? '',
  };
}
