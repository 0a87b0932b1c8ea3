import { HELD_MAX, type RoomView } from '../live/room-view';

/** What lies above the first message, over the upper edge of the list: more, nothing, or what is wrong. */
export function HistoryStatus({ view, isEmpty, isAtTop }: { view: RoomView; isEmpty: boolean; isAtTop: boolean }) {
  if (view.ended) return null;
  if (!view.loaded) return <p class="list-note" role="status">Opening the room…</p>;
  if (isEmpty && view.history === 'start') return <p class="list-note">Nothing has been said here yet. Say something.</p>;
  if (!isAtTop) return null;
  switch (view.history) {
    case 'loading':
      return <p class="history-chip">Loading earlier messages…</p>;
    case 'failed':
      return (
        <p class="history-chip">
          Earlier messages did not come.{' '}
          <button type="button" onClick={() => void view.loadEarlier()}>
            Try again
          </button>
        </p>
      );
    case 'full':
      return <p class="history-chip">This page holds no more than {HELD_MAX.toLocaleString('en')} events of a room.</p>;
    default:
      return null;
  }
}
