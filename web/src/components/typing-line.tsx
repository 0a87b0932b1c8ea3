import type { RoomView } from '../live/room-view';
import { typingSentence } from '../model/typing';
import { Said } from './said';

/** Keeps its height when nobody types, so that the conversation does not move. */
export function TypingLine({ view }: { view: RoomView }) {
  const names = view.typing.names(Date.now());
  return (
    <div class="typing" data-testid="typing">
      {names.length > 0 && (
        <>
          <span class="typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span class="typing-names">
            <Said phrase={typingSentence(names)} />
          </span>
        </>
      )}
    </div>
  );
}
