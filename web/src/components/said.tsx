import type { Phrase } from '../model/phrase';

/** A sentence of ours; every name in it is isolated from the writing direction around it. */
export const Said = ({ phrase }: { phrase: Phrase }) => (
  <>{phrase.map((part, i) => (typeof part === 'string' ? part : <bdi key={i}>{part.said}</bdi>))}</>
);
