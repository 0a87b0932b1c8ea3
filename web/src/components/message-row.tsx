import { useState } from 'preact/hooks';
import { useSession } from '../hooks/use-session';
import { copyText } from '../live/copy-text';
import type { RoomView } from '../live/room-view';
import type { Message } from '../model/conversation';
import { actionOf } from '../model/message-text';
import { pathOf } from '../model/route';
import type { MessageRow as Row } from '../model/rows';
import { fullTime, timeOfDay } from '../model/time';
import { text as textOf } from '../texts';
import { Face } from './face';
import { MessageActions } from './message-actions';
import { Words } from './words';

interface Props {
  row: Row;
  view: RoomView;
  isOwner: boolean;
  isBeingEdited: boolean;
  isLit: boolean;
  onEdit: (message: Message) => void;
}

/** A message that the log holds. Its buttons are there only while the pointer or the focus is on it. */
export function MessageRow({ row, view, isOwner, isBeingEdited, isLit, onEdit }: Props) {
  const { toast } = useSession();
  const [isHovered, setHovered] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const { message, mine, starts, ends } = row;
  const { sender, text, at, edited, deleted } = message;
  const time = timeOfDay(at);
  const canChange = !deleted && !view.ended;
  const action = deleted ? undefined : actionOf(text);

  const remove = (): void => {
    view.remove(message.id).catch((error: unknown) => {
      toast.show(textOf('message.notDeleted', error instanceof Error ? error.message : String(error)));
    });
  };
  const copyLink = async (): Promise<void> => {
    const link = location.origin + pathOf({ page: 'room', roomId: view.id, message: message.sequence });
    toast.show((await copyText(link)) ? textOf('message.copyLink.done') : link);
  };
  const tail = (
    <span class="meta">
      {edited && <span class="edited">{textOf('message.edited')}</span>}
      <time dir="auto" dateTime={new Date(at).toISOString()} title={fullTime(at)}>
        {time}
      </time>
    </span>
  );
  const classes = ['message', mine && 'mine', starts && 'starts', ends && 'ends', isBeingEdited && 'being-edited', isLit && 'lit', action !== undefined && 'action'];
  return (
    <article
      class={classes.filter(Boolean).join(' ')}
      aria-label={textOf('message.label', mine ? textOf('you') : sender.name, time)}
      tabIndex={-1}
      data-testid="message"
      data-state="sent"
      data-sequence={message.sequence}
      data-key={message.key}
      onMouseEnter={() => setHovered(true)}
      onMouseLeave={() => setHovered(false)}
      onFocusIn={() => setFocused(true)}
      onFocusOut={(event) => {
        if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget))) setFocused(false);
      }}
    >
      {!mine && starts && <Face user={sender} />}
      <div class="bubble-box">
        <div class="bubble">
          {!mine && starts && action === undefined && <bdi class="sender">{sender.name}</bdi>}
          <div class={`text${edited ? ' long-tail' : ''}`} dir="auto">
            {deleted ? (
              <p class="tombstone" data-testid="message-deleted">
                {textOf('message.deleted')}
              </p>
            ) : (
              <Words text={action ?? text} by={action === undefined ? undefined : sender.name} />
            )}
            {tail}
          </div>
        </div>
        {canChange && (isHovered || isFocused) && (
          <MessageActions
            canEdit={mine}
            canDelete={mine || isOwner}
            onEdit={() => onEdit(message)}
            onDelete={remove}
            onCopyLink={() => void copyLink()}
          />
        )}
      </div>
    </article>
  );
}
