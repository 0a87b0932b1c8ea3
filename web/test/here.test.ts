import { describe, expect, it } from 'vitest';
import { hereSentence } from '../src/model/here';
import { plainText } from '../src/model/phrase';

const users = (...names: string[]) => names.map((name) => ({ id: name, name }));
const said = (count: number, ...names: string[]) =>
  plainText(hereSentence({ count, users: users(...names), sampled: names.length < count }, 'me'));

describe('Who is here', () => {
  it('is a sentence for any number of people, without the reader', () => {
    expect(said(1, 'me')).toBe('Only you are here');
    expect(said(2, 'me', 'Ada')).toBe('Ada is here');
    expect(said(3, 'Ada', 'me', 'Bo')).toBe('Ada and Bo are here');
    expect(said(4, 'Ada', 'Bo', 'me', 'Cy')).toBe('Ada, Bo and Cy are here');
    expect(said(5, 'Ada', 'Bo', 'me', 'Cy', 'Di')).toBe('Ada, Bo and 2 more are here');
  });

  it('counts those whom nobody named', () => {
    expect(said(5000, 'Ada', 'Bo')).toBe('Ada, Bo and 4,998 more are here');
    expect(said(5000)).toBe('5,000 people here');
  });
});
