import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useChanges } from '../hooks/use-changes';
import { useLeft } from '../hooks/use-left';
import { useSession } from '../hooks/use-session';
import type { RoomView } from '../live/room-view';
import { FILES_MAX } from '../live/attachments';
import { completionsAt } from '../model/completion';
import { wordsOf, type Message } from '../model/conversation';
import { plainOf } from '../model/markdown';
import { cleanText, excessBytes } from '../model/message-text';
import { sequenceOf } from '../model/unread';
import { lastOwnMessage } from '../model/unseen';
import { text as textOf } from '../texts';
import { AttachmentList } from './attachment-list';
import { CompletionList } from './completion-list';
import { EmojiPicker } from './emoji-picker';
import { AttachIcon, CloseIcon, EmojiIcon, ReplyIcon, SendIcon } from './icons';

interface Props {
  field: RefObject<HTMLTextAreaElement | null>;
  view: RoomView;
  roomName: string;
  /** Of the field; `composer` unless there is another on the page. */
  id?: string;
  placeholder?: string;
  /** The message in whose thread this is written, by its id. */
  thread?: string | undefined;
  /** The message that is being answered. */
  replyTo?: Message | undefined;
  onReplyDone?: () => void;
  /** In a slow room: when the next message may go, milliseconds since 1970. */
  slowUntil?: number | undefined;
  /** The message whose text is being changed here, instead of a new one being written. */
  editing: Message | undefined;
  onEditDone: () => void;
  onEdit: (message: Message) => void;
}

/** From so few bytes on it is told how many are left. */
const TELL_LEFT_BELOW = 1_000;

/** Enter sends, Shift+Enter begins a line, Escape leaves an edit, and ArrowUp in an empty field edits one's last message. */
export function Composer({ field, view, roomName, id = 'composer', placeholder, thread, replyTo, onReplyDone, slowUntil, editing, onEditDone, onEdit }: Props) {
  const session = useSession();
  const draft = thread === undefined ? view.id : `${view.id}/${thread}`;
  const [typed, setTyped] = useState(() => editing?.text ?? session.drafts.get(draft));
  const [problem, setProblem] = useState('');
  const [saving, setSaving] = useState(false);
  const [picking, setPicking] = useState(false);
  const [cursor, setCursor] = useState(0);
  const [chosen, setChosen] = useState(0);
  /** The word whose suggestions were sent away with Escape. */
  const [dismissed, setDismissed] = useState<number>();
  /** The message goes as soon as its files are there. */
  const [waiting, setWaiting] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const attachments = session.attachments.of(view.id, draft);
  useChanges(attachments.changes);
  const cursorWanted = useRef<number | undefined>(undefined);
  const text = cleanText(typed);
  const excess = excessBytes(text);
  const brings = !editing && attachments.items.length > 0;
  const wait = useLeft(editing ? undefined : slowUntil);
  const ready = (text !== '' || brings) && excess <= 0 && !saving && !waiting && wait === 0 && !(brings && attachments.hasFailed);
  const completions = completionsAt(typed, cursor, view.presence?.users.filter((user) => user.id !== session.me?.id) ?? []);
  const open = completions && completions.from !== dismissed ? completions : undefined;
  const selected = Math.min(chosen, (open?.options.length ?? 1) - 1);

  useEffect(() => {
    // A field that takes the focus on a phone brings up the keyboard, over half of what one came to read.
    if (editing || matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, []);
  useLayoutEffect(() => {
    fitHeight(field.current);
    if (cursorWanted.current === undefined) return;
    field.current?.setSelectionRange(cursorWanted.current, cursorWanted.current);
    cursorWanted.current = undefined;
  }, [typed]);

  const type = (value: string, at: number): void => {
    setTyped(value);
    setCursor(at);
    setChosen(0);
    setProblem('');
    if (editing) return;
    session.drafts.set(draft, value);
    if (value.trim()) view.typed();
  };
  const insert = (said: string, from: number, to: number): void => {
    cursorWanted.current = from + said.length;
    type(typed.slice(0, from) + said + typed.slice(to), cursorWanted.current);
    field.current?.focus();
  };
  const complete = (index: number): void => {
    const option = open?.options[index];
    if (open && option) insert(option.insert, open.from, cursor);
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
      setProblem(textOf('composer.notSaved', error instanceof Error ? error.message : String(error)));
      setSaving(false);
    }
  };
  const send = (): void => {
    if (!ready) return;
    if (editing) {
      void save(editing);
      return;
    }
    if (brings && attachments.isBusy) {
      setWaiting(true);
      return;
    }
    post();
  };
  const post = (): void => {
    setWaiting(false);
    view.post(text, { ...(brings ? { files: attachments.ids } : {}), ...(thread === undefined ? {} : { thread }), ...(replyTo ? { replyTo: replyTo.id } : {}) });
    if (brings) attachments.sent();
    onReplyDone?.();
    session.drafts.set(draft, '');
    session.drafts.flush();
    setTyped('');
    setCursor(0);
    setPicking(false);
  };
  useEffect(() => {
    if (!waiting || attachments.isBusy) return;
    if (attachments.hasFailed || (text === '' && attachments.items.length === 0)) setWaiting(false);
    else post();
  });
  const attach = (files: FileList | null | undefined): void => {
    if (!files?.length || editing) return;
    if (!attachments.add(files)) setProblem(textOf('file.tooMany', FILES_MAX));
  };
  const keyDown = (event: KeyboardEvent): void => {
    // Enter that ends the composition of a word (Japanese, Chinese, Korean input) is not for us; Safari tells of it by its code alone.
    if (event.isComposing || event.keyCode === 229) return;
    const handled = (): void => event.preventDefault();
    if (open && (event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey) {
      handled();
      complete(selected);
    } else if (open && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      handled();
      const { length } = open.options;
      setChosen((selected + (event.key === 'ArrowDown' ? 1 : length - 1)) % length);
    } else if (open && event.key === 'Escape') {
      handled();
      setDismissed(open.from);
    } else if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      handled();
      send();
    } else if (event.key === 'Escape' && editing) {
      handled();
      finish();
    } else if (event.key === 'Escape' && replyTo) {
      handled();
      onReplyDone?.();
    } else if (event.key === 'ArrowUp' && typed === '' && !editing) {
      const written = thread === undefined ? view.conversation.items : view.conversation.threadOf(sequenceOf(thread));
      const last = lastOwnMessage(written, session.me?.id);
      if (!last) return;
      handled();
      onEdit(last);
    }
  };
  const tells = problem || (wait > 0 && excess <= 0 ? textOf('composer.slow', wait) : excess > 0 ? textOf('composer.excess', excess) : excess > -TELL_LEFT_BELOW ? textOf('composer.left', -excess) : '');
  const isProblem = problem !== '' || excess > 0;

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
          {textOf('composer.editing')}{' '}
          <button type="button" onClick={finish}>
            {textOf('cancel')}
          </button>
        </p>
      )}
      {replyTo && !editing && (
        <p class="composer-note" data-testid="replying">
          <ReplyIcon />
          <span class="composer-quote">
            {textOf('composer.replying', replyTo.sender.name)}: <bdi>{plainOf(wordsOf(replyTo)).slice(0, 120)}</bdi>
          </span>
          <button type="button" class="bare" aria-label={textOf('cancel')} onClick={onReplyDone}>
            <CloseIcon />
          </button>
        </p>
      )}
      {!editing && <AttachmentList attachments={attachments} />}
      {waiting && (
        <p class="composer-note" role="status" data-testid="waiting-for-files">
          {textOf('file.waiting')}
          <button type="button" onClick={() => setWaiting(false)}>
            {textOf('cancel')}
          </button>
        </p>
      )}
      {tells && (
        <p class={isProblem ? 'problem' : 'quiet small'} role={isProblem ? 'alert' : undefined} id={`${id}-problem`} data-testid="composer-limit">
          {tells}
        </p>
      )}
      {open && <CompletionList id={`${id}-completions`} options={open.options} selected={selected} onChoose={complete} />}
      {picking && (
        <EmojiPicker
          onClose={() => {
            setPicking(false);
            field.current?.focus();
          }}
          onPick={(emoji) => {
            const at = field.current?.selectionStart ?? typed.length;
            insert(emoji, at, field.current?.selectionEnd ?? at);
            setPicking(false);
          }}
        />
      )}
      <div class="composer-row">
        <button
          type="button"
          class="bare"
          data-testid="open-emoji"
          aria-label={textOf('composer.emoji')}
          title={textOf('composer.emoji')}
          aria-expanded={picking}
          onClick={() => setPicking(!picking)}
        >
          <EmojiIcon />
        </button>
        {!editing && (
          <>
            <button type="button" class="bare" data-testid={`${id}-attach`} aria-label={textOf('file.attach')} title={textOf('file.attach')} onClick={() => chooser.current?.click()}>
              <AttachIcon />
            </button>
            <input
              ref={chooser}
              type="file"
              multiple
              hidden
              data-testid={`${id}-files`}
              onChange={(event) => {
                attach(event.currentTarget.files);
                event.currentTarget.value = '';
              }}
            />
          </>
        )}
        <label class="hidden" for={id}>
          {textOf(editing ? 'composer.edit' : 'composer')}
        </label>
        <textarea
          id={id}
          ref={field}
          data-testid={id}
          rows={1}
          dir="auto"
          enterkeyhint="send"
          placeholder={placeholder ?? textOf('composer.placeholder', roomName)}
          title={textOf('composer.hint')}
          aria-describedby={tells ? `${id}-problem` : undefined}
          aria-autocomplete="list"
          aria-controls={open ? `${id}-completions` : undefined}
          aria-activedescendant={open ? `${id}-completions-${selected}` : undefined}
          value={typed}
          readOnly={saving || waiting}
          onInput={(event) => type(event.currentTarget.value, event.currentTarget.selectionStart)}
          onKeyDown={keyDown}
          onPaste={(event) => {
            // A picture that was copied from a page comes with its address as text, which nobody means.
            if (editing || !event.clipboardData?.files.length) return;
            event.preventDefault();
            attach(event.clipboardData.files);
          }}
          onSelect={(event) => setCursor(event.currentTarget.selectionStart)}
        />
        <button type="submit" class="primary send" data-testid={thread === undefined ? 'send' : 'thread-send'} aria-label={textOf(editing ? 'save' : 'composer.send')} disabled={!ready}>
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
