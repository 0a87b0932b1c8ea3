import type { Room } from 'hubbub-client';
import { useState } from 'preact/hooks';
import { navigate } from '../hooks/use-route';
import { useSession } from '../hooks/use-session';
import { text } from '../texts';

/** Becoming a member of a public room, and leaving any. */
export function Membership({ room }: { room: Room }) {
  const { hub, rooms } = useSession();
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState('');
  const attempt = async (act: () => Promise<unknown>): Promise<void> => {
    setProblem('');
    setAsking(false);
    try {
      await act();
      await rooms.refresh();
      // What is hidden from the list is not kept open either.
      if (room.direct) navigate({ page: 'rooms' });
    } catch (error) {
      setProblem(text('failed', error instanceof Error ? error.message : String(error)));
    }
  };
  return (
    <>
      {room.role === null ? (
        room.visibility === 'public' &&
        !room.archived && (
          <button type="button" data-testid="join-room" onClick={() => void attempt(() => hub.api.joinRoom(room.id))}>
            {text('room.join')}
          </button>
        )
      ) : asking ? (
        <>
          <p class="small">{text(room.direct ? 'direct.hide.note' : room.visibility === 'private' ? 'room.leave.note.private' : 'room.leave.note')}</p>
          <p class="row-of-buttons">
            <button type="button" class="danger" data-testid="leave-confirm" onClick={() => void attempt(() => hub.api.leaveRoom(room.id))}>
              {text(room.direct ? 'direct.hide' : 'room.leave')}
            </button>
            <button type="button" onClick={() => setAsking(false)}>
              {text('cancel')}
            </button>
          </p>
        </>
      ) : (
        <button type="button" data-testid="leave-room" onClick={() => setAsking(true)}>
          {text(room.direct ? 'direct.hide' : 'room.leave')}
        </button>
      )}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
