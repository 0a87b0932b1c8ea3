import type { HubbubApi, Room } from 'hubbub-client';
import { useEffect, useState } from 'preact/hooks';
import { navigate } from '../hooks/use-route';
import { useSession } from '../hooks/use-session';
import { fuzzyFind } from '../model/fuzzy';
import { text } from '../texts';
import { Dialog } from './dialog';

const SHOWN = 12;
/** The server is asked when the typing has paused for this long. */
const PAUSE_MS = 200;

/** Ctrl+K or Cmd+K, from anywhere: some letters of a room's name, and Enter. */
export function Switcher() {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      setOpen((was) => !was);
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
  return isOpen ? <SwitcherDialog onClose={() => setOpen(false)} /> : null;
}

function SwitcherDialog({ onClose }: { onClose: () => void }) {
  const { rooms, hub } = useSession();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  // With nothing typed, what waits comes first.
  const waiting = [...rooms.rooms].sort((a, b) => Number(rooms.waiting(b).isUnread) - Number(rooms.waiting(a).isUnread));
  const listed = typed.trim() ? fuzzyFind(rooms.rooms, typed, (room) => room.name, SHOWN) : waiting.slice(0, SHOWN);
  const further = useFurther(hub.api, rooms.hasMore ? typed.trim() : '');
  const found = [...listed, ...further.filter((room) => !listed.some((other) => other.id === room.id))].slice(0, SHOWN);
  const selected = Math.min(chosen, found.length - 1);

  const go = (index: number): void => {
    const room = found[index];
    if (!room) return;
    onClose();
    navigate({ page: 'room', roomId: room.id });
  };
  const keyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === 'Enter') go(selected);
    else if (event.key === 'ArrowDown') setChosen(Math.min(found.length - 1, selected + 1));
    else if (event.key === 'ArrowUp') setChosen(Math.max(0, selected - 1));
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={text('switcher')} onClose={onClose} testId="switcher">
      <input
        type="text"
        autofocus
        data-testid="switcher-input"
        role="combobox"
        aria-label={text('switcher.placeholder')}
        aria-expanded={found.length > 0}
        aria-controls="switcher-rooms"
        aria-activedescendant={found.length > 0 ? `switcher-${selected}` : undefined}
        placeholder={text('switcher.placeholder')}
        autocomplete="off"
        dir="auto"
        value={typed}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={keyDown}
      />
      {found.length === 0 && <p class="quiet">{text('switcher.none')}</p>}
      <ul class="found" id="switcher-rooms" role="listbox" aria-label={text('rooms')}>
        {found.map((room, i) => (
          <li key={room.id} id={`switcher-${i}`} role="option" aria-selected={i === selected} onClick={() => go(i)}>
            <bdi>{room.name}</bdi>
            {rooms.waiting(room).isUnread && <span class="dot" role="img" aria-label={text('rooms.unread')} />}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/** Rooms that the list does not reach as far as, by a part of their name; the server knows them all. */
function useFurther(api: Pick<HubbubApi, 'rooms'>, typed: string): Room[] {
  const [found, setFound] = useState<Room[]>([]);
  useEffect(() => {
    setFound([]);
    if (!typed) return;
    let isCurrent = true;
    const timer = setTimeout(() => {
      api.rooms({ q: typed, limit: SHOWN }).then(
        (answer) => isCurrent && setFound(answer.rooms),
        // What is listed is found all the same.
        () => {},
      );
    }, PAUSE_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [api, typed]);
  return found;
}
