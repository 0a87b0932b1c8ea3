import type { Phrase } from '../model/phrase';
import { splitLinks } from '../model/links';

/** A sentence of ours; every name in it is isolated from the writing direction around it. */
export const Said = ({ phrase }: { phrase: Phrase }) => (
  <>{phrase.map((part, i) => (typeof part === 'string' ? part : <bdi key={i}>{part.said}</bdi>))}</>
);

/** What somebody wrote, as text. Only http(s) addresses become links, and they tell the other site nothing of this one. */
export const Linked = ({ text }: { text: string }) => (
  <>
    {splitLinks(text).map((run, i) =>
      run.href ? (
        <a key={i} href={run.href} target="_blank" rel="noopener noreferrer nofollow">
          {run.text}
        </a>
      ) : (
        run.text
      ),
    )}
  </>
);
