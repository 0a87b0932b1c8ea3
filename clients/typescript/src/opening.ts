import type { TimerHandle } from './clock.js';
import { serverSpoke } from './comeBack.js';
import type { Failure } from './ladder.js';
import type { Link, LinkEnd, LinkEvents, LinkHost } from './transports/link.js';
import { LongPollLink } from './transports/longpoll.js';
import { firstFrameWithinMs, SseLink } from './transports/sse.js';
import { WebSocketLink } from './transports/websocket.js';
import type { TransportName, User } from './types.js';
import type { ServerFrame } from './wire.js';

/**
 * How long each transport may take until the server's first words. A blocked WebSocket and a held-back stream together cost 4 s,
 * which leaves a second for the token and the long poll, so that whatever works carries the conversation within 5 s.
 */
export const openWithinMs: Readonly<Record<TransportName, number>> = {
  websocket: 2_500,
  sse: firstFrameWithinMs,
  longpoll: 5_000,
};

export interface OpeningEvents {
  opened(link: Link, user: User | undefined): void;
  /** It never opened. */
  failed(link: Link, end: LinkEnd, how: Failure): void;
  /** It was open and is no more. */
  lost(link: Link, end: LinkEnd): void;
  frame(frame: ServerFrame): void;
  tokenExpiring(link: Link): void;
  /** The server asks us to go on elsewhere. */
  shallMove(link: Link, url: string | undefined): void;
}

/** A link on its way: it opens within its time, or fails, once. */
export class Opening {
  readonly link: Link;
  readonly #host: LinkHost;
  readonly #on: OpeningEvents;
  #deadline: TimerHandle | undefined;
  #open = false;

  constructor(host: LinkHost, transport: TransportName, token: string, on: OpeningEvents) {
    this.#host = host;
    this.#on = on;
    this.link = linkOf(host, transport, token, {
      opened: (user) => this.#opened(user),
      closed: (end) => this.#closed(end),
      frame: (frame) => on.frame(frame),
      tokenExpiring: () => on.tokenExpiring(this.link),
      shallMove: (url) => on.shallMove(this.link, url),
    });
  }

  begin(): void {
    this.#deadline = this.#host.clock.after(openWithinMs[this.link.transport], () => {
      this.link.close();
      this.#on.failed(this.link, { reason: 'no answer in time' }, 'late');
    });
    this.link.open();
  }

  /** Ends it without a word. */
  abandon(): void {
    this.#host.clock.cancel(this.#deadline);
    this.link.close();
  }

  #opened(user: User | undefined): void {
    this.#open = true;
    this.#host.clock.cancel(this.#deadline);
    this.#on.opened(this.link, user);
  }

  #closed(end: LinkEnd): void {
    this.#host.clock.cancel(this.#deadline);
    if (this.#open) this.#on.lost(this.link, end);
    else this.#on.failed(this.link, end, serverSpoke(end) ? 'server' : 'refused');
  }
}

function linkOf(host: LinkHost, transport: TransportName, token: string, events: LinkEvents): Link {
  switch (transport) {
    case 'websocket':
      return new WebSocketLink(host, token, events);
    case 'sse':
      return new SseLink(host, token, events);
    case 'longpoll':
      return new LongPollLink(host, token, events);
  }
}
