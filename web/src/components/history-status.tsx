import type { RoomView } from '../live/room-view';
import { text } from '../texts';

/** What lies above the first message, over the upper edge of the list: more, nothing, or what is wrong. */
export function HistoryStatus({ view, isEmpty, isAtTop }: { view: RoomView; isEmpty: boolean; isAtTop: boolean }) {
  if (view.ended) return null;
  if (!view.loaded) return <p class="list-note" role="status">{text(view.missed ? 'messages.missed' : 'messages.opening')}</p>;
  if (isEmpty && view.history === 'start') return <p class="list-note">{text('messages.none')}</p>;
  if (!isAtTop) return null;
  switch (view.history) {
    case 'loading':
      return <p class="history-chip">{text('messages.earlier')}</p>;
    case 'failed':
      return (
        <p class="history-chip">
          {text('messages.earlier.failed')}{' '}
          <button type="button" onClick={() => void view.loadEarlier()}>
            {text('tryAgain')}
          </button>
        </p>
      );
    default:
      return null;
  }
}
