import { useSession } from '../hooks/use-session';
import type { RoomView } from '../live/room-view';
import type { Message } from '../model/conversation';
import type { MessageRow as Row } from '../model/rows';
import { fullTime, timeOfDay } from '../model/time';
import { Face } from './face';
import { MessageActions } from './message-actions';
import { Linked } from './said';

interface Props {
  row: Row;
  view: RoomView;
  isOwner: boolean;
  isBeingEdited: boolean;
  onEdit: (message: Message) => void;
}

/** A message that the log holds. */
export function MessageRow({ row, view, isOwner, isBeingEdited, onEdit }: Props) {
  const { toast } = useSession();
  const { message, mine, starts, ends } = row;
  const { sender, text, at, edited, deleted } = message;
  const time = timeOfDay(at);
  const canChange = !deleted && !view.ended && (mine || isOwner);

  const remove = (): void => {
    view.remove(message.id).catch((error: unknown) => {
      toast.show(`Not deleted: ${error instanceof Error ? error.message : String(error)}`);
    });
  };
  const classes = ['message', mine && 'mine', starts && 'starts', ends && 'ends', isBeingEdited && 'being-edited'];
  return (
    <article
      class={classes.filter(Boolean).join(' ')}
      aria-label={`${mine ? 'You' : sender.name}, ${time}`}
      tabIndex={-1}
      data-testid="message"
      data-state="sent"
      data-sequence={message.sequence}
      data-key={message.key}
    >
      {!mine && starts && <Face user={sender} />}
      <div class="bubble">
        {!mine && starts && <bdi class="sender">{sender.name}</bdi>}
        <p class="text" dir="auto">
          {deleted ? (
            <span class="tombstone" data-testid="message-deleted">
              Message deleted
            </span>
          ) : (
            <span class="words" data-testid="message-text">
              <Linked text={text} />
            </span>
          )}
          <span class="meta">
            {edited && <span class="edited">edited</span>}
            <time dir="auto" dateTime={new Date(at).toISOString()} title={fullTime(at)}>
              {time}
            </time>
          </span>
        </p>
      </div>
      {canChange && <MessageActions canEdit={mine} onEdit={() => onEdit(message)} onDelete={remove} />}
    </article>
  );
}
