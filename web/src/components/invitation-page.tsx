import { useEffect, useState } from 'preact/hooks';
import { HubbubError } from 'hubbub-client';
import { navigate } from '../hooks/use-route';
import { useSession } from '../hooks/use-session';
import { text } from '../texts';

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
      <h1 class="hidden">Hubbub</h1>
      {problem ? (
        <>
          <p role="alert">{problem}</p>
          <p class="row-of-buttons">
            <button type="button" onClick={() => setAttempt(attempt + 1)}>
              {text('tryAgain')}
            </button>
            <button type="button" onClick={() => navigate({ page: 'rooms' })}>
              {text('rooms.all')}
            </button>
          </p>
        </>
      ) : (
        <p role="status">{text('invitation.opening')}</p>
      )}
    </main>
  );
}

function sentence(error: HubbubError): string {
  if (error.code === 'gone') return text('invitation.gone');
  if (error.code === 'not_found') return text('invitation.unknown');
  return error.message;
}
