import { useEffect, useRef, useState } from 'preact/hooks';
import { useChanges } from '../hooks/use-changes';
import { useSession } from '../hooks/use-session';
import { text } from '../texts';

/** Most losses are over before anybody has noticed: this long nothing is said. */
const SILENT_MS = 2_000;
/** As long as the style sheet takes to let it fade. */
const RECOVERED_MS = 2_000;

/**
 * A thin line over everything while there is no connection: what is going on, when it is tried again, and a way not to wait. A
 * drain and a change of transport do not end the connection, so they are not seen here.
 */
export function ReconnectingBar() {
  const session = useSession();
  useChanges(session.changes);
  const { state } = session;
  const phase = usePhase(state === 'online', state === 'closed');
  const seconds = useSecondsUntil(session.hub.nextAttemptAt);

  if (phase === 'calm') return null;
  if (phase === 'recovered') {
    return (
      <div class="reconnecting recovered" data-testid="recovered" role="status">
        {text('connection.recovered')}
      </div>
    );
  }
  return (
    <div class="reconnecting" data-testid="reconnecting" role="status">
      {/* The countdown is not read out every second. */}
      <span aria-hidden="true">{sentence(state, seconds, session.closedBy?.message)}</span>
      <span class="hidden">{sentence(state, undefined, session.closedBy?.message)}</span>
      {(seconds !== undefined || state === 'closed') && (
        <button type="button" data-testid="try-now" onClick={() => session.tryNow()}>
          {text('tryNow')}
        </button>
      )}
    </div>
  );
}

function sentence(state: string, seconds: number | undefined, why = ''): string {
  if (state === 'closed') return text('connection.closed', why);
  const lost = state === 'reconnecting';
  if (seconds) return text(lost ? 'connection.lost.in' : 'connection.retry.in', seconds);
  return text(lost ? 'connection.lost' : 'connection.connecting');
}

type Phase = 'calm' | 'lost' | 'recovered';

/** Lost is what has been lost for a while; recovered, for a while, only what was told to be lost. */
function usePhase(isOnline: boolean, isClosed: boolean): Phase {
  const [phase, setPhase] = useState<Phase>('calm');
  const wasOnline = useRef(false);
  useEffect(() => {
    if (isClosed) {
      setPhase('lost');
      return;
    }
    // The first connection recovers nothing.
    if (isOnline && phase === 'lost') setPhase(wasOnline.current ? 'recovered' : 'calm');
    else if (!isOnline && phase === 'recovered') setPhase('lost');
    wasOnline.current ||= isOnline;
    const next: Phase | undefined = !isOnline && phase === 'calm' ? 'lost' : isOnline && phase === 'recovered' ? 'calm' : undefined;
    if (!next) return;
    const timer = setTimeout(() => setPhase(next), next === 'lost' ? SILENT_MS : RECOVERED_MS);
    return () => clearTimeout(timer);
  }, [isOnline, isClosed, phase]);
  return phase;
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
