import { useRef, useState } from 'preact/hooks';
import { navigate } from '../hooks/use-route';
import { useSession } from '../hooks/use-session';
import { openRoom } from '../live/open-room';
import { text } from '../texts';

/** Opens a room by its name, and makes it if there is none. */
export function RoomForm() {
  const { hub, rooms } = useSession();
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState('');
  const [isPrivate, setPrivate] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!typed.trim() || busy) return;
    setBusy(true);
    setProblem('');
    const opened = await openRoom(hub.api, typed, isPrivate ? 'private' : 'public');
    setBusy(false);
    if ('problem' in opened) {
      setProblem(opened.problem);
      field.current?.focus();
      return;
    }
    setTyped('');
    setPrivate(false);
    rooms.add(opened.room);
    navigate({ page: 'room', roomId: opened.room.id });
  };

  return (
    <form class="room-form" onSubmit={(event) => void submit(event)}>
      <div class="room-form-row">
        <input
          ref={field}
          data-testid="room-input"
          type="text"
          aria-label={text('room.open.label')}
          aria-describedby={problem ? 'room-problem' : undefined}
          placeholder={text('room.open.placeholder')}
          maxLength={64}
          autocomplete="off"
          dir="auto"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <button type="submit" data-testid="room-open" disabled={!typed.trim() || busy}>
          {text('room.open')}
        </button>
      </div>
      {typed.trim() && (
        <label class="room-private">
          <input
            type="checkbox"
            data-testid="room-private"
            checked={isPrivate}
            onChange={(event) => setPrivate(event.currentTarget.checked)}
          />
          {text('room.open.private')}
        </label>
      )}
      {problem && (
        <p id="room-problem" class="problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
