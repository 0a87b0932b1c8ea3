import { useEffect, useRef, useState } from 'preact/hooks';
import { text } from '../texts';
import { DeleteIcon, EditIcon, LinkIcon } from './icons';

interface Props {
  canEdit: boolean;
  canDelete: boolean;
  onEdit: () => void;
  onDelete: () => void;
  onCopyLink: () => void;
}

/** Above a message, while the pointer or the focus is on it. Deleting asks once more, in place. */
export function MessageActions({ canEdit, canDelete, onEdit, onDelete, onCopyLink }: Props) {
  const [asking, setAsking] = useState(false);
  const keep = useRef<HTMLButtonElement>(null);
  const ask = useRef<HTMLButtonElement>(null);
  const wasAsking = useRef(false);
  // The focus goes with the question, and back: to be thrown to the top of the page is to be lost.
  useEffect(() => {
    if (asking) keep.current?.focus();
    else if (wasAsking.current) ask.current?.focus();
    wasAsking.current = asking;
  }, [asking]);

  const confirm = (event: Event): void => {
    if (event.currentTarget instanceof HTMLElement) event.currentTarget.closest('article')?.focus();
    onDelete();
  };
  if (asking) {
    return (
      <div
        class="actions asking"
        role="group"
        aria-label={text('message.delete.ask')}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          setAsking(false);
        }}
      >
        <button type="button" class="danger" data-testid="delete-confirm" onClick={confirm}>
          {text('message.delete')}
        </button>
        <button type="button" ref={keep} onClick={() => setAsking(false)}>
          {text('message.keep')}
        </button>
      </div>
    );
  }
  return (
    <div class="actions" role="group" aria-label={text('message.actions')}>
      <button type="button" class="bare" data-testid="copy-message-link" aria-label={text('message.copyLink')} title={text('message.copyLink')} onClick={onCopyLink}>
        <LinkIcon />
      </button>
      {canEdit && (
        <button type="button" class="bare" data-testid="edit" aria-label={text('message.edit')} title={text('message.edit')} onClick={onEdit}>
          <EditIcon />
        </button>
      )}
      {canDelete && (
        <button
          type="button"
          ref={ask}
          class="bare"
          data-testid="delete"
          aria-label={text('message.delete')}
          title={text('message.delete')}
          onClick={() => setAsking(true)}
        >
          <DeleteIcon />
        </button>
      )}
    </div>
  );
}
