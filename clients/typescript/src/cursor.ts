import type { Position } from './types.js';
import type { JsonEvent } from './wire.js';

export interface Place {
  /** Undefined only at `0`, before the first event of whatever life. */
  epoch: string | undefined;
  sequence: number;
}

export function parsePosition(text: unknown): Place | undefined {
  if (text === '0') return { epoch: undefined, sequence: 0 };
  if (typeof text !== 'string') return undefined;
  const match = /^([0-9a-f]{8}):(\d{1,15})$/.exec(text);
  return match ? { epoch: match[1], sequence: Number(match[2]) } : undefined;
}

/** Whether one position is behind another in the same story; of two lives of a log the one that is told later counts. */
export function isAhead(position: Position, other: Position): boolean {
  const [place, before] = [parsePosition(position), parsePosition(other)];
  if (!place || !before) return place !== undefined;
  return place.epoch !== before.epoch || place.sequence > before.sequence;
}

/**
 * How far one room has been handed on. It takes an event only if that is the very next one; whatever the transports repeat,
 * reorder or leave out, the application sees each event once and in order. A skip that a relaxed room tells is taken like an event.
 */
export class Cursor {
  #place: Place | undefined;

  constructor(start?: Position) {
    this.#place = parsePosition(start);
  }

  get position(): Position | undefined {
    if (!this.#place) return undefined;
    return this.#place.epoch === undefined ? '0' : `${this.#place.epoch}:${this.#place.sequence}`;
  }

  /**
   * Where a stream says that it starts. It counts only for a cursor that stands nowhere yet, or at `0` and learns the life's
   * name.
   */
  startAt(position: Position): void {
    const place = parsePosition(position);
    if (!place) return;
    const learnsEpoch = this.#place?.epoch === undefined && this.#place?.sequence === place.sequence;
    if (!this.#place || learnsEpoch) this.#place = place;
  }

  /**
   * `next`: hand it on, the cursor stands there now. `old`: had it. `hole`: something is missing before it, or it is of
   * another life of the log; ask the log what comes after the position. `nowhere`: no stream has said yet where it starts.
   */
  take(event: JsonEvent): 'next' | 'old' | 'hole' | 'nowhere' {
    const place = this.#place;
    if (!place) return 'nowhere';
    const epoch = parsePosition(event.id)?.epoch;
    if (epoch === undefined || (place.epoch !== undefined && place.epoch !== epoch)) return 'hole';
    if (event.sequence <= place.sequence) return 'old';
    if (event.sequence > place.sequence + 1) return 'hole';
    this.#place = { epoch, sequence: event.sequence };
    return 'next';
  }

  /**
   * What a relaxed room skips. A number: so many events are left out, and the cursor stands behind them. `old`: it stood there already. `hole`:
   * something that is not skipped is missing before it, or it is of another life of the log. `nowhere`: no stream has said yet where it starts.
   */
  skip(from: Position, to: Position): number | 'old' | 'hole' | 'nowhere' {
    const place = this.#place;
    const [before, behind] = [parsePosition(from), parsePosition(to)];
    if (!place) return 'nowhere';
    if (!before || !behind || (place.epoch !== undefined && place.epoch !== behind.epoch)) return 'hole';
    if (behind.sequence <= place.sequence) return 'old';
    if (before.sequence > place.sequence) return 'hole';
    this.#place = behind;
    return behind.sequence - place.sequence;
  }

  /**
   * Whether a gap is about the place where we stand. It is told by every stream that overlaps another, and by the log; one that was told before, or belongs to a life before, is none. It may lead back: a store
   * that has lost its newest events goes on with numbers that we have seen.
   */
  concerns(from: Position, to: Position): boolean {
    const place = this.#place;
    const [before, behind] = [parsePosition(from), parsePosition(to)];
    if (!behind) return false;
    if (!place || this.position === from) return true;
    if (place.epoch === undefined || place.epoch === behind.epoch) return behind.sequence > place.sequence;
    return before?.epoch === place.epoch;
  }

  /** The past is lost: the story goes on from here. */
  jumpTo(position: Position): void {
    this.#place = parsePosition(position) ?? this.#place;
  }

  /** Whether the event of that position has been handed on, or never will be because it is of another life. */
  hasPassed(position: Position): boolean {
    const other = parsePosition(position);
    const place = this.#place;
    if (!other || !place) return true;
    return place.epoch !== undefined && (place.epoch !== other.epoch || place.sequence >= other.sequence);
  }
}
