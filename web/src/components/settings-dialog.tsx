import type { SignIn } from 'hubbub-client';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useSession } from '../hooks/use-session';
import { useChanges } from '../hooks/use-changes';
import { look, type Theme } from '../live/look';
import { Notifier } from '../live/notifier';
import { languages, text, type Language } from '../texts';
import { AccountSetting } from './account-setting';
import { Choice } from './choice';
import { Dialog } from './dialog';
import { ProfileSetting } from './profile-setting';

/** How the page looks and speaks, and who one is. */
export function SettingsDialog({ onClose, onLeave, onSignedIn }: { onClose: () => void; onLeave: () => void; onSignedIn: (signedIn: SignIn) => void }) {
  const { identity } = useSession();
  useChanges(look.changes);
  const { theme, language, direction } = look.chosen;
  const { theme: _t, ...withoutTheme } = look.chosen;
  const { language: _l, ...withoutLanguage } = look.chosen;
  const { direction: _d, ...withoutDirection } = look.chosen;
  return (
    <Dialog title={text('settings')} onClose={onClose} testId="settings">
      <ProfileSetting />
      <Choice
        label={text('settings.theme')}
        name="theme"
        value={theme ?? 'system'}
        options={(['system', 'light', 'dark'] as const).map((value) => [value, text(`settings.theme.${value}`)])}
        onChoose={(value: Theme) => look.choose(value === 'system' ? withoutTheme : { ...withoutTheme, theme: value })}
      />
      <Choice
        label={text('settings.language')}
        name="language"
        value={language ?? 'system'}
        options={[['system', text('settings.language.system')], ...Object.entries(languages).map(([tag, { name }]) => [tag as Language, name] as const)]}
        onChoose={(value: Language | 'system') => look.choose(value === 'system' ? withoutLanguage : { ...withoutLanguage, language: value })}
      />
      <Choice
        label={text('settings.direction')}
        name="direction"
        value={direction ?? 'ltr'}
        options={(['ltr', 'rtl'] as const).map((value) => [value, text(`settings.direction.${value}`)])}
        onChoose={(value: 'ltr' | 'rtl') => look.choose(value === 'ltr' ? withoutDirection : { ...withoutDirection, direction: value })}
      />
      <NotificationSetting />
      <AccountSetting onSignedIn={onSignedIn} onSignOut={onLeave} />
      {!identity.token && <NobodySetting onLeave={onLeave} />}
      <Keys />
    </Dialog>
  );
}

function NotificationSetting() {
  const [permission, setPermission] = useState(Notifier.permission);
  if (permission === undefined) return null;
  return (
    <section class="setting">
      <h3>{text('settings.notifications')}</h3>
      <p class="quiet small">{text(permission === 'granted' ? 'settings.notifications.on' : permission === 'denied' ? 'settings.notifications.denied' : 'settings.notifications.off')}</p>
      {permission === 'default' && (
        <button type="button" data-testid="turn-on-notifications" onClick={() => void Notification.requestPermission().then(setPermission)}>
          {text('settings.notifications.turnOn')}
        </button>
      )}
    </section>
  );
}

/** A guest has no way to sign out but to be forgotten. */
function NobodySetting({ onLeave }: { onLeave: () => void }) {
  const [asking, setAsking] = useState(false);
  return (
    <section class="setting">
      {asking ? (
        <>
          <p class="quiet small">{text('settings.changeName.note')}</p>
          <p class="row-of-buttons">
            <button type="button" class="danger" data-testid="change-name-do" onClick={onLeave}>
              {text('settings.changeName.do')}
            </button>
            <button type="button" onClick={() => setAsking(false)}>
              {text('settings.changeName.stay')}
            </button>
          </p>
        </>
      ) : (
        <button type="button" data-testid="change-name" onClick={() => setAsking(true)}>
          {text('settings.changeName')}
        </button>
      )}
    </section>
  );
}

function Keys() {
  const keys: [string[], ComponentChildren][] = [
    [['Ctrl', 'K'], text('settings.keys.switch')],
    [['Enter'], text('settings.keys.send')],
    [['Shift', 'Enter'], text('settings.keys.line')],
    [['↑'], text('settings.keys.edit')],
    [['Esc'], text('settings.keys.cancel')],
  ];
  return (
    <section class="setting keys">
      <h3>{text('settings.keys')}</h3>
      <dl>
        {keys.map(([pressed, does]) => (
          <div key={pressed.join()}>
            <dt>
              {pressed.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
