import { Hubbub, HubbubError, memoryStorage } from 'hubbub-client';
import { useState } from 'preact/hooks';
import type { Identity } from '../live/identity';
import { cleanName } from '../model/message-text';
import type { Route } from '../model/route';
import { said, text } from '../texts';
import { Logo } from './icons';

interface Props {
  route: Route;
  /** Why one is here again. */
  note?: string | undefined;
  onEnter: (identity: Identity) => void;
}

/** The first visit: all that is asked for is a name; who has an account gives its password as well. */
export function NameGate({ route, note, onEnter }: Props) {
  const [typed, setTyped] = useState('');
  const [password, setPassword] = useState('');
  const [hasAccount, setHasAccount] = useState(note !== undefined);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(note ?? '');
  const name = cleanName(typed);
  const ready = name !== '' && !busy && (!hasAccount || password !== '');

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!ready) return;
    if (!hasAccount) return onEnter({ name });
    setBusy(true);
    setProblem('');
    try {
      const { token, user } = await new Hubbub({ storage: memoryStorage() }).api.signIn(name, password);
      onEnter({ name: user.name, token });
    } catch (error) {
      const refused = HubbubError.from(error);
      setProblem(refused.code === 'bad_credentials' ? text('account.wrong') : refused.code === 'rate_limited' ? text('account.slow') : refused.message);
      setBusy(false);
    }
  };
  return (
    <main class="gate">
      <form class="gate-card" onSubmit={(event) => void submit(event)}>
        <Logo />
        <h1>Hubbub</h1>
        <p class="quiet">{hasAccount ? text('account.greeting') : greeting(route)}</p>
        <label for="name">{text('gate.name')}</label>
        <input
          id="name"
          data-testid="name-input"
          type="text"
          autocomplete={hasAccount ? 'username' : 'nickname'}
          autofocus
          dir="auto"
          maxLength={64}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        {hasAccount && (
          <>
            <label for="password">{text('account.password')}</label>
            <input
              id="password"
              data-testid="password-input"
              type="password"
              autocomplete="current-password"
              value={password}
              onInput={(event) => setPassword(event.currentTarget.value)}
            />
          </>
        )}
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" class="primary" data-testid="name-submit" disabled={!ready}>
          {text(hasAccount ? 'account.signIn' : 'gate.enter')}
        </button>
        {!hasAccount && <p class="quiet small">{text('gate.note')}</p>}
        <button
          type="button"
          data-testid="gate-other-way"
          onClick={() => {
            setHasAccount(!hasAccount);
            setProblem('');
          }}
        >
          {text(hasAccount ? 'account.asGuest' : 'account.have')}
        </button>
      </form>
    </main>
  );
}

function greeting(route: Route) {
  if (route.page === 'invitation') return text('gate.greeting.invitation');
  if (route.page !== 'room') return text('gate.greeting');
  return said('gate.greeting.room', route.roomId).map((part, i) => (typeof part === 'string' ? part : <strong key={i}>{part.said}</strong>));
}
