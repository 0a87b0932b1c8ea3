import { useEffect, useState } from 'preact/hooks';
import { HubbubError } from 'hubbub-client';
import { navigate } from '../hooks/use-route';
import { useSession } from '../hooks/use-session';

/** Takes the invitation and goes on into its room. */
export function InvitationPage({ token }: { token: string }) {
  const { hub, rooms } = useSession();
  const [problem, setProblem] = useState('');
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let isCurrent = true;
    setProblem('');
    hub.api.acceptInvitation(token).then(
      (room) => {
        if (!isCurrent) return;
        rooms.add(room);
        navigate({ page: 'room', roomId: room.id }, { replace: true });
      },
      (error: unknown) => {
        if (isCurrent) setProblem(sentence(HubbubError.from(error)));
      },
    );
    return () => void (isCurrent = false);
  }, [hub, rooms, token, attempt]);

  return (
    <main class="pane pane-empty">
      {problem ? (
        <>
          <p role="alert">{problem}</p>
          <p class="row-of-buttons">
            <button type="button" onClick={() => setAttempt(attempt + 1)}>
              Try again
            </button>
            <button type="button" onClick={() => navigate({ page: 'rooms' })}>
              All rooms
            </button>
          </p>
        </>
      ) : (
        <p role="status">Opening your invitation…</p>
      )}
    </main>
  );
}

function sentence(error: HubbubError): string {
  if (error.code === 'gone') return 'This invitation has expired or was withdrawn. Ask for a new one.';
  if (error.code === 'not_found') return 'There is no such invitation. Was the link copied whole?';
  return error.message;
}
