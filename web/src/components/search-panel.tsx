import type { FoundMessage } from 'hubbub-client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useSession } from '../hooks/use-session';
import { follow } from '../hooks/use-route';
import { sequenceOf } from '../model/unread';
import { pathOf } from '../model/route';
import { fullTime } from '../model/time';
import { text } from '../texts';
import { Panel } from './panel';

/** What is typed is asked for when the typing has paused for this long. */
const PAUSE_MS = 250;
const PAGE = 25;

type State = 'idle' | 'asking' | 'done' | { failed: string };

/** Full text over all that one may read; the newest first. A result leads to its place in its room. */
export function SearchPanel({ roomId, onClose }: { roomId: string; onClose: () => void }) {
  const session = useSession();
  const [typed, setTyped] = useState('');
  const [found, setFound] = useState<FoundMessage[]>([]);
  const [next, setNext] = useState<string>();
  const [state, setState] = useState<State>('idle');
  const field = useRef<HTMLInputElement>(null);
  const question = useRef(0);
  useEffect(() => field.current?.focus(), []);

  const ask = async (before: string | undefined): Promise<void> => {
    const mine = ++question.current;
    setState('asking');
    try {
      const answer = await session.hub.api.search(typed.trim(), { limit: PAGE, ...(before ? { before } : {}) });
      if (mine !== question.current) return;
      setFound(before ? [...found, ...answer.results] : answer.results);
      setNext(answer.next ?? undefined);
      setState('done');
    } catch (error) {
      if (mine === question.current) setState({ failed: error instanceof Error ? error.message : String(error) });
    }
  };
  useEffect(() => {
    question.current++;
    if (!typed.trim()) {
      setFound([]);
      setNext(undefined);
      setState('idle');
      return;
    }
    const timer = setTimeout(() => void ask(undefined), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);

  // Where the panel lies over the room it must go, for what was found to be seen.
  const onFollow = (): void => {
    if (matchMedia('(max-width: 1023px)').matches) onClose();
  };
  return (
    <Panel title={text('search')} onClose={onClose} testId="search">
      <div class="panel-body">
        <input
          ref={field}
          type="search"
          data-testid="search-input"
          aria-label={text('search')}
          aria-describedby="search-hint"
          dir="auto"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <p class="quiet small" id="search-hint">
          {text('search.placeholder')}
        </p>
        <div role="status" class="quiet">
          {typeof state === 'object' && text('failed', state.failed)}
          {state === 'done' && (found.length === 0 ? text('search.none') : text('search.found', found.length) + (next ? ' …' : ''))}
        </div>
        <ul class="results">
          {found.map((result) => (
            <li key={`${result.roomId} ${result.id}`}>
              <Result result={result} isElsewhere={result.roomId !== roomId} onFollow={onFollow} />
            </li>
          ))}
        </ul>
        {next && (
          <button type="button" disabled={state === 'asking'} onClick={() => void ask(next)}>
            {text('search.more')}
          </button>
        )}
      </div>
    </Panel>
  );
}

function Result({ result, isElsewhere, onFollow }: { result: FoundMessage; isElsewhere: boolean; onFollow: () => void }) {
  const { rooms } = useSession();
  const route = { page: 'room', roomId: result.roomId, message: sequenceOf(result.id) } as const;
  return (
    <a
      data-testid="search-result"
      href={pathOf(route)}
      onClick={(event) => {
        follow(event, route);
        if (event.defaultPrevented) onFollow();
      }}
    >
      <span class="result-head">
        <bdi>{result.sender.name}</bdi>
        {isElsewhere && <bdi class="quiet">{rooms.find(result.roomId)?.name ?? result.roomId}</bdi>}
        <time class="quiet small" dateTime={result.sentAt}>
          {fullTime(Date.parse(result.sentAt))}
        </time>
      </span>
      <span class="result-text" dir="auto">
        {/* A message may bring files and say nothing. */}
        {result.message ? <Highlighted text={result.message} places={result.highlights} /> : <span class="quiet">{text('search.onlyFiles')}</span>}
      </span>
    </a>
  );
}

function Highlighted({ text: said, places }: { text: string; places: readonly (readonly [number, number])[] }) {
  const parts: preact.ComponentChildren[] = [];
  let end = 0;
  for (const [from, to] of places) {
    if (from < end || to <= from || to > said.length) continue;
    parts.push(said.slice(end, from), <mark key={from}>{said.slice(from, to)}</mark>);
    end = to;
  }
  return (
    <>
      {parts}
      {said.slice(end)}
    </>
  );
}
