import { useEffect, useState } from 'preact/hooks';
import { useChanges } from '../hooks/use-changes';
import { useSession } from '../hooks/use-session';
import { text } from '../texts';
import { Dialog } from './dialog';

const ASK_EVERY_MS = 5_000;

/** Where this page stands: how it is connected, to which node, and how long a question takes there and back. */
export function ConnectionDialog({ onClose }: { onClose: () => void }) {
  const session = useSession();
  useChanges(session.changes);
  const { hub, state } = session;
  const [lag, setLag] = useState<number>();
  const [node, setNode] = useState<string>();

  useEffect(() => {
    let isOpen = true;
    const ask = async (): Promise<void> => {
      const began = performance.now();
      try {
        const answer = await session.whichNode();
        if (!isOpen) return;
        setLag(Math.round(performance.now() - began));
        setNode(answer);
      } catch {
        if (isOpen) setLag(undefined);
      }
    };
    void ask();
    const timer = setInterval(() => void ask(), ASK_EVERY_MS);
    return () => {
      isOpen = false;
      clearInterval(timer);
    };
  }, [session, state]);

  const lines = [
    [text('connection.state'), text(state === 'online' ? 'connection.online' : state === 'closed' ? 'connection.closed' : 'connection.connecting', '')],
    [text('connection.transport'), hub.transport ?? text('connection.unknown')],
    [text('connection.node'), node ?? text('connection.unknown')],
    [text('connection.lag'), lag === undefined ? text('connection.unknown') : text('connection.lag.ms', lag)],
  ] as const;
  return (
    <Dialog title={text('connection')} onClose={onClose} testId="connection">
      <dl class="facts">
        {lines.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
