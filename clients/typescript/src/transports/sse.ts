import type { TimerHandle } from '../clock.js';
import { HubbubError } from '../errors.js';
import type { ServerFrame } from '../wire.js';
import { parseFrame } from '../wire.js';
import { endOfClosing } from './link.js';
import type { LinkEnd } from './link.js';
import { OverHttpLink, roomsParameter } from './overHttp.js';
import { SseParser } from './sseParser.js';

/** The server sends a comment every 15 s; nothing at all for 10 s longer, and the stream is taken for dead. */
export const silentAfterMs = 25_000;

/** The first frame must come within this time, or something on the way holds the stream back. */
export const firstFrameWithinMs = 1_800;

/** One event stream for all rooms, read with fetch so that the token travels in a header. */
export class SseLink extends OverHttpLink {
  readonly transport = 'sse';
  #silence: TimerHandle | undefined;

  protected async read(signal: AbortSignal, emit: (frame: ServerFrame) => void): Promise<void> {
    const rooms = roomsParameter(this.host.rooms());
    if (rooms === '') return;
    this.#watch(firstFrameWithinMs, signal);
    const response = await this.host.http.stream(`/api/events?rooms=${rooms}`, 'text/event-stream', signal);
    if (!response.headers.get('Content-Type')?.startsWith('text/event-stream') || !response.body) {
      throw new HubbubError('bad_answer', 'The answer was no event stream.', { retryable: true });
    }
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    const parser = new SseParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted) return;
      if (done) return this.finish({ reason: 'the stream ended' });
      this.#watch(silentAfterMs, signal);
      for (const data of parser.push(decoder.decode(value, { stream: true }))) {
        const frame = parseFrame(data);
        if (frame?.type === 'closing') return this.finish(endOfClosing(frame));
        if (frame) emit(frame);
        if (signal.aborted) return;
      }
    }
  }

  protected override finish(end: LinkEnd | undefined): void {
    this.host.clock.cancel(this.#silence);
    super.finish(end);
  }

  #watch(patienceMs: number, signal: AbortSignal): void {
    this.host.clock.cancel(this.#silence);
    this.#silence = this.host.clock.after(patienceMs, () => {
      if (!signal.aborted) this.finish({ reason: 'silent' });
    });
  }
}
