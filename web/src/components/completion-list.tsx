import type { Completion } from '../model/completion';
import { text } from '../texts';

interface Props {
  id: string;
  options: readonly Completion[];
  selected: number;
  onChoose: (index: number) => void;
}

/** Above the field. The focus stays in the field; its keys move the choice. */
export const CompletionList = ({ id, options, selected, onChoose }: Props) => (
  <ul class="completions" id={id} role="listbox" aria-label={text('completion')} data-testid="completions">
    {options.map((option, i) => (
      <li
        key={option.label}
        id={`${id}-${i}`}
        role="option"
        aria-selected={i === selected}
        // A click must not take the focus away from the field.
        onMouseDown={(event) => {
          event.preventDefault();
          onChoose(i);
        }}
      >
        <span class="completion-sign emoji" aria-hidden="true">
          {option.sign}
        </span>
        <bdi>{option.label}</bdi>
      </li>
    ))}
  </ul>
);
