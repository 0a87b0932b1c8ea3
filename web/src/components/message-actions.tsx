import { useEffect, useRef, useState } from 'preact/hooks';
import { DeleteIcon, EditIcon } from './icons';

interface Props {
  canEdit: boolean;
  onEdit: () => void;
  onDelete: () => void;
}

/** Beside a message, while the pointer or the focus is on it. Deleting asks once more, in place. */
export function MessageActions({ canEdit, onEdit, onDelete }: Props) {
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
      <span
        class="actions asking"
        role="group"
        aria-label="Delete this message?"
        onKeyDown={(event) => {
          if (event.key === 'Escape') setAsking(false);
        }}
      >
        <button type="button" class="danger" data-testid="delete-confirm" onClick={confirm}>
          Delete
        </button>
        <button type="button" ref={keep} onClick={() => setAsking(false)}>
          Keep
        </button>
      </span>
    );
  }
  return (
    <span class="actions">
      {canEdit && (
        <button type="button" class="bare" data-testid="edit" aria-label="Edit message" title="Edit" onClick={onEdit}>
          <EditIcon />
        </button>
      )}
      <button
        type="button"
        ref={ask}
        class="bare"
        data-testid="delete"
        aria-label="Delete message"
        title="Delete"
        onClick={() => setAsking(true)}
      >
        <DeleteIcon />
      </button>
    </span>
  );
}
