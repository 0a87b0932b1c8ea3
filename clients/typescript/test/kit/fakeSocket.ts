import type { WebSocketConstructor, WebSocketLike } from '../../src/types.js';
import type { ServerFrame } from '../../src/wire.js';

/** The client's end of a WebSocket whose other end is the test. */
export class FakeSocket implements WebSocketLike {
  readyState = 0;
  onopen: ((event: any) => void) | null = null;
  onmessage: ((event: any) => void) | null = null;
  onclose: ((event: any) => void) | null = null;
  onerror: ((event: any) => void) | null = null;
  readonly sent: { type: string; id?: number; payload?: Record<string, unknown> }[] = [];

  constructor(
    readonly url: string,
    readonly protocols: string[] = [],
  ) {}

  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }

  close(): void {
    this.readyState = 3;
  }

  // What the server does.

  accept(): void {
    this.readyState = 1;
    this.onopen?.({});
  }

  say(type: string, payload: Record<string, unknown> = {}, id?: number): void {
    const frame: ServerFrame = { type, payload, ...(id === undefined ? {} : { id }) };
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  welcome(id = 'u-1'): void {
    this.accept();
    this.say('welcome', { user: { id, name: id } });
  }

  drop(code = 1006, reason = ''): void {
    this.readyState = 3;
    this.onerror?.({});
    this.onclose?.({ code, reason });
  }

  sentOf(type: string): FakeSocket['sent'] {
    return this.sent.filter((frame) => frame.type === type);
  }
}

/** A constructor that keeps what it makes, in order. */
export function fakeSockets(): { WebSocket: WebSocketConstructor; all: FakeSocket[]; last: () => FakeSocket } {
  const all: FakeSocket[] = [];
  class Recorded extends FakeSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols);
      all.push(this);
    }
  }
  return { WebSocket: Recorded, all, last: () => all[all.length - 1]! };
}
