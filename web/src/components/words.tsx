import { Markdown } from './markdown';

/** The words of a message, and for `/me waves` who does it. */
export const Words = ({ text, by }: { text: string; by?: string | undefined }) => (
  <>
    {by !== undefined && <bdi class="sender doer">{by} </bdi>}
    <div class="said" data-testid="message-text">
      <Markdown text={text} />
    </div>
  </>
);
