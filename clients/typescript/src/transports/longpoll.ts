import { pause } from '../clock.js';
import { HubbubError } from '../errors.js';
import type { JsonRoom, ServerFrame } from '../wire.js';
import { frameOf, isJsonEvent } from '../wire.js';
import { errorFrame, joinedFrame, OverHttpLink } from './overHttp.js';

export const waitSeconds = 25;
/** The answer must come within this time after the wait is over. */
const graceMs = 10_000;
const pageSize = 200;
/**
 * An empty answer long before its time means that something between us and the server does not let us wait: ask once a second.
 */
const shortestPollMs = 1_000;
const longestRetryMs = 30_000;
/** So often in a row another node is asked for; then there is none. */
const mostSentOn = 10;
const sentOnPauseMs = 200;

/** Asks again and again what came after the rooms' positions; the server answers as soon as there is something. */
export class LongPollLink extends OverHttpLink {
  readonly transport = 'longpoll';

  protected async read(roomIds: readonly string[], signal: AbortSignal, emit: (frame: ServerFrame) => void): Promise<void> {
    const { clock, http } = this.host;
    // The first question does not wait if its answer is news in itself: that this way works, or where a room stands.
    const isNews = !roomIds.every((roomId) => this.hasTold(roomId));
    let sentOn = 0;
    for (let wait = isNews ? 0 : waitSeconds; !signal.aborted; wait = waitSeconds) {
      const rooms = this.list(roomIds);
      if (rooms === '') return;
      const asked = clock.now();
      const path = `/api/events?rooms=${rooms}&limit=${pageSize}&wait=${wait}`;
      let answer: { rooms: JsonRoom[]; retry?: number };
      try {
        answer = await http.json('GET', path, undefined, { signal, timeoutMs: wait * 1000 + graceMs });
        sentOn = 0;
      } catch (thrown) {
        // A connection that was kept has led to a node which sends its readers on; it is closed now, and the next one leads elsewhere.
        if (!(thrown instanceof HubbubError) || thrown.code !== 'draining' || wait === 0 || ++sentOn > mostSentOn) throw thrown;
        await pause(clock, sentOnPauseMs, signal);
        continue;
      }
      const told = answer.rooms.filter((room) => tell(room, emit));
      // The server sends its readers away, and says when: the next question finds another.
      if (typeof answer.retry === 'number') await pause(clock, Math.min(answer.retry, longestRetryMs), signal);
      else if (told.length === 0 && wait > 0 && clock.now() - asked < shortestPollMs) await pause(clock, shortestPollMs, signal);
    }
  }
}

/** Turns one room's part of the answer into the frames a stream would have sent. Says whether there was anything new in it. */
function tell(room: JsonRoom, emit: (frame: ServerFrame) => void): boolean {
  const { roomId, gap, error, position } = room;
  if (error) {
    emit(errorFrame(roomId, error));
    return true;
  }
  const events = (room.events ?? []).filter(isJsonEvent);
  if (position !== undefined) emit(joinedFrame(roomId, events, position, room.head ?? 0));
  if (gap) emit({ type: 'gap', payload: { roomId, ...gap } });
  for (const event of events) emit(frameOf(event));
  return gap !== undefined || events.length > 0;
}
