import { HubbubError } from 'hubbub-client';
import { useRef, useState } from 'preact/hooks';
import { useChanges } from '../hooks/use-changes';
import { useSession } from '../hooks/use-session';
import { rememberIdentity } from '../live/identity';
import { addressOf, squareOf } from '../live/picture';
import { text } from '../texts';
import { Face } from './face';

const NAME_MAX = 64;
const COLOR_OF_NOBODY = '#26705c';

/** What one shows of oneself: picture, name, colour. */
export function ProfileSetting() {
  const session = useSession();
  const { people, hub } = session;
  useChanges(people.changes);
  const me = session.me;
  const profile = me && people.of(me.id);
  const known = profile?.name ?? me?.name ?? session.identity.name;
  const [name, setName] = useState<string>();
  const [color, setColor] = useState<string>();
  const [picture, setPicture] = useState<{ blob: Blob; address: string }>();
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState<{ problem: boolean; words: string }>();
  const file = useRef<HTMLInputElement>(null);
  const wantedName = (name ?? known).trim();
  const wantedColor = color ?? profile?.color ?? '';
  const isChanged = wantedName !== known || wantedColor !== (profile?.color ?? '') || picture !== undefined;

  const attempt = async (act: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setTold(undefined);
    try {
      await act();
      setTold({ problem: false, words: text('profile.saved') });
    } catch (error) {
      const refused = HubbubError.from(error);
      setTold({ problem: true, words: refused.code === 'name_taken' ? text('account.taken', wantedName) : text('failed', refused.message) });
    }
    setBusy(false);
  };
  const save = (): Promise<void> =>
    attempt(async () => {
      if (picture) people.take(await hub.api.setAvatar(picture.blob));
      setPicture(undefined);
      const change = { ...(wantedName !== known ? { name: wantedName } : {}), ...(wantedColor !== (profile?.color ?? '') ? { color: wantedColor } : {}) };
      if (Object.keys(change).length > 0) people.take(await hub.api.changeProfile(change));
      if (change.name !== undefined) rememberIdentity({ ...session.identity, name: change.name });
      setName(undefined);
      setColor(undefined);
    });
  const removePicture = (): Promise<void> =>
    attempt(async () => {
      await hub.api.removeAvatar();
      if (profile) people.take({ ...profile, avatar: null });
    });
  const choose = async (chosen: File | undefined): Promise<void> => {
    if (!chosen) return;
    setTold(undefined);
    try {
      const blob = await squareOf(chosen);
      setPicture({ blob, address: await addressOf(blob) });
    } catch {
      setTold({ problem: true, words: text('profile.noPicture') });
    }
  };
  if (!me) return null;
  return (
    <section class="setting" data-testid="profile">
      <h3>{text('profile')}</h3>
      <form
        class="account-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (isChanged && wantedName && !busy) void save();
        }}
      >
        <div class="person-head">
          {picture ? <img class="face-preview" data-testid="picture-preview" src={picture.address} alt={text('profile.preview')} /> : <Face user={{ ...me, name: known }} />}
          <p class="row-of-buttons">
            <button type="button" data-testid="choose-picture" onClick={() => file.current?.click()}>
              {text('profile.choose')}
            </button>
            {picture ? (
              <button type="button" onClick={() => setPicture(undefined)}>
                {text('cancel')}
              </button>
            ) : (
              profile?.avatar && (
                <button type="button" data-testid="remove-picture" disabled={busy} onClick={() => void removePicture()}>
                  {text('profile.remove')}
                </button>
              )
            )}
            <input
              ref={file}
              class="hidden"
              type="file"
              accept="image/*"
              tabIndex={-1}
              aria-label={text('profile.choose')}
              data-testid="picture-file"
              onChange={(event) => {
                void choose(event.currentTarget.files?.[0]);
                // The same file again is a choice again.
                event.currentTarget.value = '';
              }}
            />
          </p>
        </div>
        <label>
          {text('settings.name')}
          <input type="text" data-testid="profile-name" dir="auto" maxLength={NAME_MAX} autocomplete="nickname" value={name ?? known} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <div class="color-row">
          <label>
            {text('profile.color')}
            <input type="color" data-testid="profile-color" value={wantedColor || COLOR_OF_NOBODY} onInput={(event) => setColor(event.currentTarget.value)} />
          </label>
          {wantedColor && (
            <button type="button" data-testid="no-color" onClick={() => setColor('')}>
              {text('profile.noColor')}
            </button>
          )}
        </div>
        <p class="row-of-buttons">
          <button type="submit" class="primary" data-testid="profile-save" disabled={!isChanged || !wantedName || busy}>
            {text('save')}
          </button>
        </p>
      </form>
      {told && (
        <p class={told.problem ? 'problem' : 'quiet small'} role={told.problem ? 'alert' : 'status'}>
          {told.words}
        </p>
      )}
    </section>
  );
}
