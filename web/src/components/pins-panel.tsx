import type { Message } from 'hubbub-client';
import { useEffect, useState } from 'preact/hooks';
import { useSession } from '../hooks/use-session';
import type { RoomView } from '../live/room-view';
import { wordsOf } from '../model/conversation';
import { fullTime } from '../model/time';
import { sequenceOf } from '../model/unread';
import { text } from '../texts';
import { Markdown } from './markdown';
import { Panel } from './panel';

interface Props {
  view: RoomView;
  keepsOrder: boolean;
  onClose: () => void;
}

/** The pinned messages as they stand, the one pinned last first. */
export function PinsPanel({ view, keepsOrder, onClose }: Props) {
  const { hub, toast } = useSession();
  const [pins, setPins] = useState<Message[]>();
  const [problem, setProblem] = useState('');
  const tell = (error: unknown): string => text('failed', error instanceof Error ? error.message : String(error));
  useEffect(() => {
    let isCurrent = true;
    hub.api.pins(view.id).then(
      (answer) => isCurrent && setPins(answer),
      (error: unknown) => isCurrent && setProblem(tell(error)),
    );
    return () => void (isCurrent = false);
  }, [hub, view.id, view.live.pinsChanged]);

  const go = (message: Message): void => {
    void view.jumpTo(sequenceOf(message.id)).then((found) => found || toast.show(text('messages.gone')));
    if (matchMedia('(max-width: 1023px)').matches) onClose();
  };
  return (
    <Panel title={text('pins')} onClose={onClose} testId="pins">
      <div class="panel-body">
        {problem && <p class="problem">{problem}</p>}
        {pins?.length === 0 && <p class="quiet">{text('pins.none')}</p>}
        <ul class="results">
          {pins?.map((pinned) => (
            <li key={pinned.id} data-testid="pinned-message">
              <span class="result-head">
                <bdi>{pinned.sender.name}</bdi>
                <time class="quiet small" dateTime={pinned.sentAt}>
                  {fullTime(Date.parse(pinned.sentAt))}
                </time>
              </span>
              <div class="said" dir="auto">
                <Markdown text={wordsOf({ text: pinned.message ?? '', files: pinned.files ?? [] })} />
              </div>
              <p class="row-of-buttons">
                <button type="button" onClick={() => go(pinned)}>
                  {text('messages.skipped.show')}
                </button>
                {keepsOrder && (
                  <button type="button" onClick={() => void hub.api.unpin(view.id, pinned.id).catch((error: unknown) => toast.show(tell(error)))}>
                    {text('message.unpin')}
                  </button>
                )}
              </p>
            </li>
          ))}
        </ul>
      </div>
    </Panel>
  );
}
