import { useState } from 'preact/hooks';
import type { RoomView } from '../live/room-view';
import type { Skip } from '../model/conversation';
import { text } from '../texts';

/** In a relaxed room: how many messages were left out here, and the way to them. They are events, of which messages are nearly all. */
export function SkipLine({ skip, view }: { skip: Skip; view: RoomView }) {
  const [state, setState] = useState<'idle' | 'loading' | 'failed'>('idle');
  const count = skip.upTo - skip.after;
  const show = async (): Promise<void> => {
    setState('loading');
    setState((await view.loadSkipped(skip)) ? 'idle' : 'failed');
  };
  return (
    <p class="notice skip" data-testid="skipped">
      {text(state === 'failed' ? 'messages.skipped.failed' : 'messages.skipped', count)}{' '}
      <button type="button" disabled={state === 'loading'} onClick={() => void show()}>
        {text(state === 'failed' ? 'tryAgain' : 'messages.skipped.show')}
      </button>
    </p>
  );
}
