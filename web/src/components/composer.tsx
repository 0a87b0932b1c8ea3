import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { useSession } from '../hooks/use-session';
import type { RoomView } from '../live/room-view';
import type { Message } from '../model/conversation';
import { cleanText, excessBytes } from '../model/message-text';
import { lastOwnMessage } from '../model/unseen';
import { SendIcon } from './icons';

interface Props {
  field: RefObject<HTMLTextAreaElement | null>;
  view: RoomView;
  /** The message whose text is being changed here, instead of a new one being written. */
  editing: Message | undefined;
  onEditDone: () => void;
  onEdit: (message: Message) => void;
}

/** Enter sends, Shift+Enter begins a line, Escape leaves an edit, and ArrowUp in an empty field edits one's last message. */
export function Composer({ field, view, editing, onEditDone, onEdit }: Props) {
  const session = useSession();
  const [typed, setTyped] = useState(() => editing?.text ?? session.drafts.get(view.id) ?? '');
  const [problem, setProblem] = useState('');
  const [saving, setSaving] = useState(false);
  const text = cleanText(typed);
  const excess = excessBytes(text);
  const ready = text !== '' && excess <= 0 && !saving;

  useEffect(() => {
    // A field that takes the focus on a phone brings up the keyboard, over half of what one came to read.
    if (editing || matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, []);
  useLayoutEffect(() => fitHeight(field.current), [typed]);

  const type = (value: string): void => {
    setTyped(value);
    setProblem('');
    if (editing) return;
    session.drafts.set(view.id, value);
    if (value.trim()) view.typed();
  };
  const finish = (): void => {
    onEditDone();
    field.current?.focus();
  };
  const save = async (message: Message): Promise<void> => {
    if (text === message.text) return finish();
    setSaving(true);
    try {
      await view.edit(message.id, text);
      finish();
    } catch (error) {
      setProblem(`Not saved: ${error instanceof Error ? error.message : String(error)}`);
      setSaving(false);
    }
  };
  const send = (): void => {
    if (!ready) return;
    if (editing) {
      void save(editing);
      return;
    }
    view.post(text);
    session.drafts.delete(view.id);
    setTyped('');
  };
  const keyDown = (event: KeyboardEvent): void => {
    // Enter that ends the composition of a word (Japanese, Chinese, Korean input) is not for us.
    if (event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape' && editing) {
      event.preventDefault();
      finish();
    } else if (event.key === 'ArrowUp' && typed === '' && !editing) {
      const last = lastOwnMessage(view.conversation.items, session.me?.id);
      if (!last) return;
      event.preventDefault();
      onEdit(last);
    }
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {editing && (
        <p class="composer-note">
          Editing your message{' '}
          <button type="button" onClick={finish}>
            Cancel
          </button>
        </p>
      )}
      {(problem || excess > 0) && (
        <p class="problem" role="alert" id="composer-problem">
          {problem || `This is too long by ${excess.toLocaleString('en')} bytes. Send it in parts.`}
        </p>
      )}
      <div class="composer-row">
        <label class="hidden" for="composer">
          {editing ? 'Edit your message' : 'Message'}
        </label>
        <textarea
          id="composer"
          ref={field}
          data-testid="composer"
          rows={1}
          dir="auto"
          enterkeyhint="send"
          placeholder="Write a message"
          aria-describedby={problem || excess > 0 ? 'composer-problem' : undefined}
          value={typed}
          readOnly={saving}
          onInput={(event) => type(event.currentTarget.value)}
          onKeyDown={keyDown}
        />
        <button type="submit" class="primary send" data-testid="send" aria-label={editing ? 'Save' : 'Send'} disabled={!ready}>
          <SendIcon />
        </button>
      </div>
    </form>
  );
}

/** As high as its text, up to the maximum that the style sheet gives. */
function fitHeight(field: HTMLTextAreaElement | null): void {
  if (!field) return;
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
}
