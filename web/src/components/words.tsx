import { Markdown } from './markdown';

interface Props {
  text: string;
  by?: string | undefined;
  /** The names that are mentioned in it. */
  names?: readonly string[];
}

/** The words of a message, and for `/me waves` who does it. */
export const Words = ({ text, by, names = [] }: Props) => (
  <>
    {by !== undefined && <bdi class="sender doer">{by} </bdi>}
    <div class="said" data-testid="message-text">
      <Markdown text={text} names={names} />
    </div>
  </>
);
