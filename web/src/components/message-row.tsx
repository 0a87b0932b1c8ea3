import type { User } from 'hubbub-client';
import { useState } from 'preact/hooks';
import { useChanges } from '../hooks/use-changes';
import { useSession } from '../hooks/use-session';
import { copyText } from '../live/copy-text';
import type { RoomView } from '../live/room-view';
import type { Message } from '../model/conversation';
import { actionOf } from '../model/message-text';
import { pathOf } from '../model/route';
import type { MessageRow as Row } from '../model/rows';
import { fullTime, timeOfDay } from '../model/time';
import { text as textOf } from '../texts';
import { AttachedFiles } from './attached-files';
import { Face } from './face';
import { PinIcon, ThreadIcon } from './icons';
import { MessageActions } from './message-actions';
import { QuoteLine } from './quote-line';
import { Reactions } from './reactions';
import { Words } from './words';

/** What a message's buttons ask of the page around it. */
export interface MessageAsks {
  onEdit: (message: Message) => void;
  /** Absent where one may not write. */
  onReply?: ((message: Message) => void) | undefined;
  /** Absent within a thread. */
  onThread?: ((message: Message) => void) | undefined;
  /** For those who keep order here: to delete and pin what others wrote. */
  keepsOrder: boolean;
  /** Shows who wrote it. */
  onPerson: (user: User) => void;
  /** Absent where nobody keeps order. */
  onReport?: ((message: Message) => void) | undefined;
}

interface Props {
  row: Pick<Row, 'message' | 'mine' | 'starts' | 'ends'>;
  view: RoomView;
  asks: MessageAsks;
  isBeingEdited: boolean;
  isLit: boolean;
}

/** A message that the log holds. Its buttons are there only while the pointer or the focus is on it. */
export function MessageRow({ row, view, asks, isBeingEdited, isLit }: Props) {
  const { toast, me, people } = useSession();
  useChanges(people.changes);
  const [isHovered, setHovered] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const [isShown, setShown] = useState(false);
  const { message, mine, starts, ends } = row;
  const { sender, text, at, edited, deleted, mentions, files } = message;
  const time = timeOfDay(at);
  const canAct = !deleted && !view.ended;
  const action = deleted ? undefined : actionOf(text);
  const callsMe = !mine && mentions.some((mentioned) => mentioned === me?.id || mentioned === '@room');
  const names = mentions.map((mentioned) => (mentioned === '@room' ? 'room' : (view.nameOf(mentioned) ?? mentioned)));

  const tell = (said: Promise<unknown> | undefined, sentence: 'message.notDeleted' | 'failed'): void => {
    said?.catch((error: unknown) => toast.show(textOf(sentence, error instanceof Error ? error.message : String(error))));
  };
  const copyLink = async (): Promise<void> => {
    const link = location.origin + pathOf({ page: 'room', roomId: view.id, message: message.sequence });
    toast.show((await copyText(link)) ? textOf('message.copyLink.done') : link);
  };
  const giveReaction = (emoji: string): void => {
    const given = message.reactions.find((reaction) => reaction.emoji === emoji)?.users.includes(me?.id ?? '') !== true;
    tell(view.acts?.react(message.id, emoji, given), 'failed');
  };
  if (!mine && !isShown && !deleted && people.isBlocked(sender.id)) {
    return (
      <article class="message starts ends" tabIndex={-1} data-testid="message" data-state="sent" data-sequence={message.sequence} aria-label={textOf('message.blocked')}>
        <p class="folded" data-testid="message-blocked">
          {textOf('message.blocked')}{' '}
          <button type="button" onClick={() => setShown(true)}>
            {textOf('messages.skipped.show')}
          </button>
        </p>
      </article>
    );
  }
  const classes = ['message', mine && 'mine', starts && 'starts', ends && 'ends', isBeingEdited && 'being-edited', isLit && 'lit', message.pinned && 'has-pin', callsMe && 'calls-me', action !== undefined && 'action'];
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
      {!mine && starts && <Face user={sender} onClick={() => asks.onPerson(sender)} />}
      <div class="bubble-box">
        <div class="bubble">
          {!mine && starts && action === undefined && (
            // Reached by the keyboard from the message itself, so that one need not pass all the names of a room.
            <button type="button" class="sender" data-testid="sender" tabIndex={isFocused ? 0 : -1} onClick={() => asks.onPerson(sender)}>
              <bdi>{sender.name}</bdi>
            </button>
          )}
          {!deleted && message.replyTo !== undefined && <QuoteLine view={view} sequence={message.replyTo} />}
          {!deleted && files.length > 0 && <AttachedFiles roomId={view.id} files={files} />}
          <div class={`text${edited ? ' long-tail' : ''}`} dir="auto">
            {deleted ? (
              <p class="tombstone" data-testid="message-deleted">
                {textOf('message.deleted')}
              </p>
            ) : (
              <Words text={action ?? text} by={action === undefined ? undefined : sender.name} names={names} />
            )}
            <span class="meta">
              {message.pinned && (
                <span class="pinned" role="img" aria-label={textOf('message.pinned')} title={textOf('message.pinned')}>
                  <PinIcon />
                </span>
              )}
              {edited && <span class="edited">{textOf('message.edited')}</span>}
              <time dir="auto" dateTime={new Date(at).toISOString()} title={fullTime(at)}>
                {time}
              </time>
            </span>
          </div>
        </div>
        {canAct && (isHovered || isFocused) && (
          <MessageActions
            onReact={view.acts && giveReaction}
            onReply={asks.onReply && (() => asks.onReply?.(message))}
            onThread={asks.onThread && (() => asks.onThread?.(message))}
            onPin={asks.keepsOrder && view.acts ? () => tell(view.acts?.pin(message.id, !message.pinned), 'failed') : undefined}
            isPinned={message.pinned}
            onCopyLink={() => void copyLink()}
            onReport={mine ? undefined : asks.onReport && (() => asks.onReport?.(message))}
            onEdit={mine ? () => asks.onEdit(message) : undefined}
            onDelete={mine || asks.keepsOrder ? () => tell(view.remove(message.id), 'message.notDeleted') : undefined}
          />
        )}
      </div>
      {message.reactions.length > 0 && <Reactions message={message} view={view} />}
      {message.replies && asks.onThread && (
        <button type="button" class="replies" data-testid="replies" onClick={() => asks.onThread?.(message)}>
          <ThreadIcon /> {textOf('message.replies', message.replies.count)}
        </button>
      )}
    </article>
  );
}
