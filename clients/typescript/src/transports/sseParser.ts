/** The longest event that is read, in characters. The server's are at most some 100 KiB; more is not an event stream of ours. */
export const longestEvent = 1_048_576;

/** The text of an event stream, cut into the `data` of its events. Everything else (ids, comments, names) is not needed here. */
export class SseParser {
  #rest = '';
  #data: string[] = [];

  /** The events that this piece completes. Throws RangeError when one grows past `longestEvent`. */
  push(text: string): string[] {
    const events: string[] = [];
    // A lone CR at the end may be the first half of CR LF: it waits for what follows.
    const all = this.#rest + text;
    const usable = all.endsWith('\r') ? all.slice(0, -1) : all;
    const lines = usable.split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? '') + all.slice(usable.length);
    for (const line of lines) {
      if (line === '') this.#dispatch(events);
      else if (line.startsWith('data:')) this.#data.push(line.startsWith('data: ') ? line.slice(6) : line.slice(5));
    }
    const held = this.#data.reduce((sum, line) => sum + line.length, this.#rest.length);
    if (held > longestEvent) throw new RangeError('An event of the stream is too long.');
    return events;
  }

  #dispatch(events: string[]): void {
    if (this.#data.length > 0) events.push(this.#data.join('\n'));
    this.#data = [];
  }
}
