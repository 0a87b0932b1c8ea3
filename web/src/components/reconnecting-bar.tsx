import { useEffect, useState } from 'preact/hooks';
import { useChanges } from '../hooks/use-changes';
import { useSession } from '../hooks/use-session';

/** The first connection is usually made before anybody could read that it is being made. */
const FIRST_CONNECTION_MS = 1_000;

/** Over everything while there is no connection: what is going on, when it is tried again, and a way not to wait. */
export function ReconnectingBar() {
  const session = useSession();
  useChanges(session.changes);
  const { state } = session;
  const isSlow = useAfter(FIRST_CONNECTION_MS);
  const seconds = useSecondsUntil(session.hub.nextAttemptAt);

  if (state === 'online' || (state !== 'reconnecting' && state !== 'closed' && !isSlow)) return null;
  return (
    <div class="reconnecting" data-testid="reconnecting" role="status">
      {/* The countdown is not read out every second. */}
      <span aria-hidden="true">{sentence(state, seconds, session.closedBy?.message)}</span>
      <span class="hidden">{sentence(state, undefined, session.closedBy?.message)}</span>
      {(seconds !== undefined || state === 'closed') && (
        <button type="button" onClick={() => session.tryNow()}>
          Try now
        </button>
      )}
    </div>
  );
}

function sentence(state: string, seconds: number | undefined, why = ''): string {
  if (state === 'closed') return `Not connected. ${why}`;
  const lost = state === 'reconnecting' ? 'Connection lost. ' : '';
  if (seconds) return `${lost}Trying again in ${seconds} s`;
  return lost ? `${lost}Reconnecting…` : 'Connecting…';
}

function useAfter(milliseconds: number): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setOver(true), milliseconds);
    return () => clearTimeout(timer);
  }, [milliseconds]);
  return isOver;
}

/** Whole seconds until then, counting down; undefined if nothing is planned. */
function useSecondsUntil(time: number | undefined): number | undefined {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (time === undefined) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [time]);
  return time === undefined ? undefined : Math.max(0, Math.ceil((time - now) / 1000));
}
