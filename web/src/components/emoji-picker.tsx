import { useEffect, useRef, useState } from 'preact/hooks';
import { findEmoji } from '../model/emoji';
import { text } from '../texts';

/** More than there are. */
const ALL = 1_000;

interface Props {
  onPick: (emoji: string) => void;
  onClose: () => void;
}

/** A field to find one in, and all of them. Arrow keys walk through the grid, Escape closes it. */
export function EmojiPicker({ onPick, onClose }: Props) {
  const [typed, setTyped] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  const found = findEmoji(typed.trim(), ALL);
  useEffect(() => field.current?.focus(), []);

  const keyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      onClose();
      return;
    }
    if (event.key === 'Enter' && event.target === field.current) {
      event.preventDefault();
      if (found[0]) onPick(found[0].text);
      return;
    }
    const buttons = [...(grid.current?.querySelectorAll('button') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const columns = buttons.filter((button) => button.offsetTop === buttons[0]!.offsetTop).length || 1;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (step === undefined || (at < 0 && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    if (at >= 0 && at + step < 0) field.current?.focus();
    else buttons[at < 0 ? 0 : Math.min(buttons.length - 1, at + step)]?.focus();
  };
  return (
    <div class="emoji-picker" role="dialog" aria-label={text('composer.emoji')} data-testid="emoji-picker" onKeyDown={keyDown}>
      <input
        ref={field}
        type="text"
        data-testid="emoji-search"
        aria-label={text('emoji.search')}
        placeholder={text('emoji.search')}
        autocomplete="off"
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <div class="emoji-grid" ref={grid} role="group" aria-label={text('emoji.all')}>
        {found.map(({ text: emoji, name }, i) => (
          <button key={emoji} type="button" class="bare emoji" tabIndex={i === 0 ? 0 : -1} aria-label={name.replaceAll('_', ' ')} title={`:${name}:`} onClick={() => onPick(emoji)}>
            {emoji}
          </button>
        ))}
        {found.length === 0 && <p class="quiet small">{text('emoji.none')}</p>}
      </div>
    </div>
  );
}
