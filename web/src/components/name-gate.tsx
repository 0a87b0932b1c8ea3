import { useState } from 'preact/hooks';
import { cleanName } from '../model/message-text';
import type { Route } from '../model/route';
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
        <label for="name">Your name</label>
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
          Start chatting
        </button>
        <p class="quiet small">No account, no password. This browser will remember you.</p>
      </form>
    </main>
  );
}

function greeting(route: Route) {
  if (route.page === 'invitation') return 'You have been invited to a room. What shall people call you?';
  if (route.page !== 'room') return 'What shall people call you?';
  return (
    <>
      You are about to enter <strong>{route.roomId}</strong>. What shall people call you?
    </>
  );
}
