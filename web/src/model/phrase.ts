/**
 * A sentence of ours with words of other people in it. Each foreign word is shown isolated, so that a name in another writing
 * direction, or with marks that turn the direction around, cannot disarrange the rest.
 */
export type Phrase = readonly (string | { said: string })[];

export const plainText = (parts: Phrase): string => parts.map((part) => (typeof part === 'string' ? part : part.said)).join('');
