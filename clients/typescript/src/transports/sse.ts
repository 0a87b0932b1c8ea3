import type { TimerHandle } from '../clock.js';
import { HubbubError } from '../errors.js';
import type { ServerFrame } from '../wire.js';
import { parseFrame } from '../wire.js';
import { endOfClosing } from './link.js';
import { OverHttpLink } from './overHttp.js';
import { SseParser } from './sseParser.js';

/** The server sends a comment every 15 s; nothing at all for 10 s longer, and the stream is taken for dead. */
export const silentAfterMs = 25_000;

/** The first frame must come within this time, or something on the way holds the stream back. */
export const firstFrameWithinMs = 1_500;

/** One event stream for all rooms, read with fetch so that the token travels in a header. */
export class SseLink extends OverHttpLink {
  readonly transport = 'sse';

  protected async read(roomIds: readonly string[], signal: AbortSignal, emit: (frame: ServerFrame) => void): Promise<void> {
    const { clock, http } = this.host;
    let silence: TimerHandle | undefined;
    const hear = (nextWithinMs: number): void => {
      clock.cancel(silence);
      silence = clock.after(nextWithinMs, () => this.finish({ reason: 'silent' }));
    };
    try {
      hear(firstFrameWithinMs);
      const response = await http.stream(`/api/events?rooms=${this.list(roomIds)}`, 'text/event-stream', signal);
      if (!response.headers.get('Content-Type')?.startsWith('text/event-stream') || !response.body) {
        throw new HubbubError('bad_answer', 'The answer was no event stream.', { retryable: true });
      }
      await this.#follow(response.body.getReader(), () => hear(silentAfterMs), signal, emit);
    } finally {
      clock.cancel(silence);
    }
  }

  async #follow(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    heard: () => void,
    signal: AbortSignal,
    emit: (frame: ServerFrame) => void,
  ): Promise<void> {
    const decoder = new TextDecoder();
    const parser = new SseParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted) return;
      if (done) return this.finish({ reason: 'the stream ended' });
      heard();
      for (const data of parser.push(decoder.decode(value, { stream: true }))) {
        const frame = parseFrame(data);
        if (frame?.type === 'closing') return this.finish(endOfClosing(frame));
        if (frame) emit(frame);
        if (signal.aborted) return;
      }
    }
  }
}
