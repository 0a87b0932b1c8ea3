import { HubbubError, type SignIn } from 'hubbub-client';
import { useState } from 'preact/hooks';
import { useSession } from '../hooks/use-session';
import { text } from '../texts';

/** What the server asks of a password. */
const PASSWORD_MIN = 8;

interface Props {
  /** A new token counts from now on. */
  onSignedIn: (signedIn: SignIn) => void;
  onSignOut: () => void;
}

/** A guest can become an account and keep what they wrote; an account can change its password and sign out, here or everywhere. */
export function AccountSetting({ onSignedIn, onSignOut }: Props) {
  const session = useSession();
  const [asks, setAsks] = useState<'create' | 'password'>();
  const [password, setPassword] = useState('');
  const [newPassword, setNewPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const { api } = session.hub;
  const name = session.me?.name ?? session.identity.name;

  const attempt = async (act: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setProblem('');
    try {
      await act();
      setAsks(undefined);
      setPassword('');
      setNewPassword('');
    } catch (error) {
      const refused = HubbubError.from(error);
      setProblem(refused.code === 'name_taken' ? text('account.taken', name) : refused.code === 'bad_credentials' ? text('account.wrong') : refused.message);
    }
    setBusy(false);
  };
  const create = (): Promise<void> => attempt(async () => onSignedIn(await api.createAccount({ name, password: newPassword })));
  const change = (): Promise<void> => attempt(async () => onSignedIn(await api.changePassword(password, newPassword)));
  const everywhere = (): Promise<void> =>
    attempt(async () => {
      await api.signOutEverywhere();
      onSignOut();
    });
  const ready = newPassword.length >= PASSWORD_MIN && !busy && (asks === 'create' || password !== '');
  return (
    <section class="setting">
      <h3>{text('account')}</h3>
      {asks ? (
        <form
          class="account-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (ready) void (asks === 'create' ? create() : change());
          }}
        >
          {/* For the browser's own memory of passwords. */}
          <input class="hidden" type="text" autocomplete="username" value={name} readOnly tabIndex={-1} aria-hidden="true" />
          {asks === 'password' && (
            <label>
              {text('account.password')}
              <input type="password" data-testid="old-password" autocomplete="current-password" value={password} onInput={(event) => setPassword(event.currentTarget.value)} />
            </label>
          )}
          <label>
            {text('account.newPassword')}
            <input type="password" data-testid="new-password" autocomplete="new-password" value={newPassword} onInput={(event) => setNewPassword(event.currentTarget.value)} />
          </label>
          <p class="row-of-buttons">
            <button type="submit" class="primary" data-testid="account-submit" disabled={!ready}>
              {text(asks === 'create' ? 'account.create' : 'save')}
            </button>
            <button type="button" onClick={() => setAsks(undefined)}>
              {text('cancel')}
            </button>
          </p>
        </form>
      ) : session.identity.token ? (
        <p class="row-of-buttons">
          <button type="button" data-testid="change-password" onClick={() => setAsks('password')}>
            {text('account.changePassword')}
          </button>
          <button type="button" data-testid="sign-out" onClick={onSignOut}>
            {text('account.signOut')}
          </button>
          <button type="button" class="danger" data-testid="sign-out-everywhere" disabled={busy} onClick={() => void everywhere()}>
            {text('account.signOutEverywhere')}
          </button>
        </p>
      ) : (
        <>
          <p class="quiet small">{text('account.guest')}</p>
          <button type="button" data-testid="make-account" onClick={() => setAsks('create')}>
            {text('account.make')}
          </button>
        </>
      )}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}
