import { useEffect, useState } from 'preact/hooks';
import { InvitationPage } from './components/invitation-page';
import { NameGate } from './components/name-gate';
import { ReconnectingBar } from './components/reconnecting-bar';
import { RoomPage } from './components/room-page';
import { Sidebar } from './components/sidebar';
import { Switcher } from './components/switcher';
import { ToastLine } from './components/toast-line';
import { SessionContext } from './hooks/use-session';
import { useChanges } from './hooks/use-changes';
import { navigate, useRoute } from './hooks/use-route';
import { forgetIdentity, rememberedIdentity, rememberIdentity, type Identity } from './live/identity';
import { look } from './live/look';
import { Session } from './live/session';
import { said, text } from './texts';

/** Name, then rooms, then a conversation: whichever of them the address and this browser's memory call for. */
export function App() {
  const route = useRoute();
  // A change of language is a change of everything that is drawn.
  useChanges(look.changes);
  const [identity, setIdentity] = useState(rememberedIdentity);
  const [note, setNote] = useState<string>();
  const [session, setSession] = useState<Session>();

  useEffect(() => {
    if (!identity) return;
    const opened = new Session(identity);
    opened.goTo = (roomId) => navigate({ page: 'room', roomId });
    opened.start();
    setSession(opened);
    return () => opened.stop();
  }, [identity]);

  useChanges(session?.changes);
  const enter = (chosen: Identity): void => {
    setNote(undefined);
    rememberIdentity(chosen);
    setIdentity(chosen);
  };
  const leave = (why?: string): void => {
    session?.stop();
    forgetIdentity();
    setSession(undefined);
    setIdentity(undefined);
    setNote(why);
  };
  // An account that was signed out elsewhere has to show its password again.
  const isSignedOut = session?.identity.token !== undefined && session.state === 'closed' && ['unauthenticated', 'token_expired'].includes(session.closedBy?.code ?? '');
  useEffect(() => {
    if (isSignedOut) leave(text('account.signedOut'));
  }, [isSignedOut]);

  if (!identity) return <NameGate route={route} note={note} onEnter={enter} />;
  if (!session) return null;
  return (
    <SessionContext.Provider value={session}>
      <div class="app" data-page={route.page}>
        <ReconnectingBar />
        <Sidebar current={route.page === 'room' ? route.roomId : undefined} onLeave={() => leave()} onSignedIn={({ token, user }) => enter({ name: user.name, token })} />
        {route.page === 'room' && <RoomPage key={route.roomId} roomId={route.roomId} message={route.message} />}
        {route.page === 'invitation' && <InvitationPage token={route.token} />}
        {route.page === 'rooms' && (
          <main class="pane pane-empty">
            <h1 class="hidden">Hubbub</h1>
            <p>{text('rooms.choose')}</p>
            <p class="quiet small">
              {said('rooms.choose.keys', 'Ctrl+K').map((part, i) => (typeof part === 'string' ? part : <kbd key={i}>{part.said}</kbd>))}
            </p>
          </main>
        )}
        <Switcher />
        <ToastLine />
      </div>
    </SessionContext.Provider>
  );
}
