import type { Room } from 'hubbub-client';
import { useState } from 'preact/hooks';
import { useSession } from '../hooks/use-session';
import { text } from '../texts';

const TOPIC_MAX = 250;

/** What a room is about, for those who may change it. */
export function TopicForm({ room, topic }: { room: Room; topic: string }) {
  const { hub, rooms } = useSession();
  const [typed, setTyped] = useState(topic);
  const [problem, setProblem] = useState('');
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    setProblem('');
    try {
      rooms.add(await hub.api.change(room.id, { topic: typed.trim() }));
    } catch (error) {
      setProblem(text('failed', error instanceof Error ? error.message : String(error)));
    }
  };
  return (
    <form class="account-form" onSubmit={(event) => void save(event)}>
      <label>
        {text('topic')}
        <input type="text" data-testid="topic-input" dir="auto" maxLength={TOPIC_MAX} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
      </label>
      <p class="row-of-buttons">
        <button type="submit" data-testid="topic-save" disabled={typed.trim() === topic}>
          {text('save')}
        </button>
      </p>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
