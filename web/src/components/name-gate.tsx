import { useState } from 'preact/hooks';
import { cleanName } from '../model/message-text';
import type { Route } from '../model/route';
import { said, text } from '../texts';
import { Logo } from './icons';

/** The first visit: all that is asked for is a name. */
export function NameGate({ route, onName }: { route: Route; onName: (name: string) => void }) {
  const [typed, setTyped] = useState('');
  const name = cleanName(typed);
  return (
    <main class="gate">
      <form
        class="gate-card"
        onSubmit={(event) => {
          event.preventDefault();
          if (name) onName(name);
        }}
      >
        <Logo />
        <h1>Hubbub</h1>
        <p class="quiet">{greeting(route)}</p>
        <label for="name">{text('gate.name')}</label>
        <input
          id="name"
          data-testid="name-input"
          type="text"
          autocomplete="nickname"
          autofocus
          dir="auto"
          maxLength={64}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <button type="submit" class="primary" data-testid="name-submit" disabled={!name}>
          {text('gate.enter')}
        </button>
        <p class="quiet small">{text('gate.note')}</p>
      </form>
    </main>
  );
}

function greeting(route: Route) {
  if (route.page === 'invitation') return text('gate.greeting.invitation');
  if (route.page !== 'room') return text('gate.greeting');
  return said('gate.greeting.room', route.roomId).map((part, i) => (typeof part === 'string' ? part : <strong key={i}>{part.said}</strong>));
}
