import { useEffect, useRef, useState } from 'preact/hooks';
import { text, type TextKey } from '../texts';
import { EmojiPicker } from './emoji-picker';
import { DeleteIcon, EditIcon, EmojiIcon, FlagIcon, LinkIcon, PinIcon, ReplyIcon, ThreadIcon } from './icons';

/** What can be done with a message; what cannot is absent. */
export interface MessageDeeds {
  onReact?: ((emoji: string) => void) | undefined;
  onReply?: (() => void) | undefined;
  onThread?: (() => void) | undefined;
  onPin?: (() => void) | undefined;
  isPinned?: boolean;
  onCopyLink: () => void;
  onReport?: (() => void) | undefined;
  onEdit?: (() => void) | undefined;
  onDelete?: (() => void) | undefined;
}

/** The reactions that nearly everybody means. */
const QUICK = ['👍', '❤️', '😂', '🎉', '😮', '😢'];

/** Above a message, while the pointer or the focus is on it. Deleting asks once more, in place. */
export function MessageActions({ onReact, onReply, onThread, onPin, isPinned = false, onCopyLink, onReport, onEdit, onDelete }: MessageDeeds) {
  const [mode, setMode] = useState<'asking' | 'reacting' | 'picking'>();
  const first = useRef<HTMLButtonElement>(null);
  const ask = useRef<HTMLButtonElement>(null);
  const wasMode = useRef(mode);
  // The focus goes with the question, and back: to be thrown to the top of the page is to be lost.
  useEffect(() => {
    if (mode) first.current?.focus();
    else if (wasMode.current === 'asking') ask.current?.focus();
    wasMode.current = mode;
  }, [mode]);

  const backToMessage = (event: Event): void => {
    if (event.currentTarget instanceof HTMLElement) event.currentTarget.closest('article')?.focus();
    setMode(undefined);
  };
  const escape = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !mode) return;
    event.preventDefault();
    setMode(undefined);
  };
  if (mode === 'asking') {
    return (
      <div class="actions asking" role="group" aria-label={text('message.delete.ask')} onKeyDown={escape}>
        <button
          type="button"
          class="danger"
          data-testid="delete-confirm"
          onClick={(event) => {
            backToMessage(event);
            onDelete?.();
          }}
        >
          {text('message.delete')}
        </button>
        <button type="button" ref={first} onClick={() => setMode(undefined)}>
          {text('message.keep')}
        </button>
      </div>
    );
  }
  if (mode === 'reacting' && onReact) {
    return (
      <div class="actions" role="group" aria-label={text('message.react')} onKeyDown={escape}>
        {QUICK.map((emoji, i) => (
          <button
            key={emoji}
            type="button"
            class="bare emoji"
            ref={i === 0 ? first : null}
            data-testid="quick-reaction"
            onClick={(event) => {
              backToMessage(event);
              onReact(emoji);
            }}
          >
            {emoji}
          </button>
        ))}
        <ActionButton label="composer.emoji" testId="more-reactions" icon={<EmojiIcon />} onClick={() => setMode('picking')} />
      </div>
    );
  }
  return (
    <div class="actions" role="group" aria-label={text('message.actions')} onKeyDown={escape}>
      {mode === 'picking' && onReact && (
        <EmojiPicker
          onClose={() => setMode(undefined)}
          onPick={(emoji) => {
            setMode(undefined);
            onReact(emoji);
          }}
        />
      )}
      {onReact && <ActionButton label="message.react" testId="react" icon={<EmojiIcon />} onClick={() => setMode('reacting')} />}
      {onReply && <ActionButton label="message.reply" testId="reply" icon={<ReplyIcon />} onClick={onReply} />}
      {onThread && <ActionButton label="message.thread" testId="open-thread" icon={<ThreadIcon />} onClick={onThread} />}
      {onPin && <ActionButton label={isPinned ? 'message.unpin' : 'message.pin'} testId="pin" icon={<PinIcon />} onClick={onPin} />}
      <ActionButton label="message.copyLink" testId="copy-message-link" icon={<LinkIcon />} onClick={onCopyLink} />
      {onReport && <ActionButton label="report" testId="report" icon={<FlagIcon />} onClick={onReport} />}
      {onEdit && <ActionButton label="message.edit" testId="edit" icon={<EditIcon />} onClick={onEdit} />}
      {onDelete && (
        <button type="button" ref={ask} class="bare" data-testid="delete" aria-label={text('message.delete')} title={text('message.delete')} onClick={() => setMode('asking')}>
          <DeleteIcon />
        </button>
      )}
    </div>
  );
}

interface ActionProps {
  label: TextKey;
  testId: string;
  icon: preact.ComponentChildren;
  onClick: () => void;
}

const ActionButton = ({ label, testId, icon, onClick }: ActionProps) => (
  <button type="button" class="bare" data-testid={testId} aria-label={text(label)} title={text(label)} onClick={onClick}>
    {icon}
  </button>
);
