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
import { forgetIdentity, rememberedName, rememberName } from './live/identity';
import { look } from './live/look';
import { Session } from './live/session';
import { said, text } from './texts';

/** Name, then rooms, then a conversation: whichever of them the address and this browser's memory call for. */
export function App() {
  const route = useRoute();
  // A change of language is a change of everything that is drawn.
  useChanges(look.changes);
  const [name, setName] = useState(rememberedName);
  const [session, setSession] = useState<Session>();

  useEffect(() => {
    if (!name) return;
    const opened = new Session(name);
    opened.goTo = (roomId) => navigate({ page: 'room', roomId });
    opened.start();
    setSession(opened);
    return () => opened.stop();
  }, [name]);

  const enter = (chosen: string): void => {
    rememberName(chosen);
    setName(chosen);
  };
  const changeName = (): void => {
    session?.stop();
    forgetIdentity();
    setSession(undefined);
    setName(undefined);
  };

  if (!name) return <NameGate route={route} onName={enter} />;
  if (!session) return null;
  return (
    <SessionContext.Provider value={session}>
      <div class="app" data-page={route.page}>
        <ReconnectingBar />
        <Sidebar current={route.page === 'room' ? route.roomId : undefined} onChangeName={changeName} />
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
