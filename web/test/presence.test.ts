import { describe, expect, it } from 'vitest';
import { plainText } from '../src/model/phrase';
import { dayName, dayOf } from '../src/model/time';
import { Typing, typingSentence } from '../src/model/typing';
import { isUnread, laterMark } from '../src/model/unread';
import { ada, bo } from './room-story';

describe('Who is typing', () => {
  it('is shown for five seconds after the last signal', () => {
    const typing = new Typing();
    typing.heard(ada, 0);
    typing.heard(bo, 1_000);
    typing.heard(ada, 3_000);

    expect(typing.names(4_000)).toEqual(['Ada', 'Bo']);
    expect(typing.nextExpiry()).toBe(6_000);
    expect(typing.names(6_000)).toEqual(['Ada']);
    expect(typing.names(8_000)).toEqual([]);
    expect(typing.nextExpiry()).toBeUndefined();
  });

  it('is over with the message', () => {
    const typing = new Typing();
    typing.heard(ada, 0);
    typing.posted(ada.id);

    expect(typing.names(1)).toEqual([]);
  });

  it('is a sentence for any number of people', () => {
    const sentence = (...names: string[]): string => plainText(typingSentence(names));
    expect(sentence()).toBe('');
    expect(sentence('Ada')).toBe('Ada is typing…');
    expect(sentence('Ada', 'Bo')).toBe('Ada and Bo are typing…');
    expect(sentence('Ada', 'Bo', 'Chi')).toBe('Ada, Bo and Chi are typing…');
    expect(sentence('Ada', 'Bo', 'Chi', 'Dan', 'Eve')).toBe('Ada, Bo and 3 others are typing…');
  });

  it('is not remembered of more people than a hundred', () => {
    const typing = new Typing();
    for (let i = 0; i < 1_000; i++) typing.heard({ id: `u${i}`, name: 'x' }, 0);
    expect(typing.names(1).length).toBe(100);
  });
});

describe('A room is unread', () => {
  const room = { position: '0000aaaa:7', readMark: '0000aaaa:7' as string | null, role: null as string | null };

  it('when its head lies beyond the read mark', () => {
    expect(isUnread(room)).toBe(false);
    expect(isUnread({ ...room, position: '0000aaaa:8' })).toBe(true);
    expect(isUnread({ ...room, readMark: '0000aaaa:10' })).toBe(false);
  });

  it('when the mark is of another life of the log', () => {
    expect(isUnread({ ...room, readMark: '0000bbbb:100' })).toBe(true);
    expect(isUnread({ ...room, readMark: '0000bbbb:100', position: '0000aaaa:0' })).toBe(false);
  });

  it('without a mark only for members', () => {
    expect(isUnread({ ...room, readMark: null })).toBe(false);
    expect(isUnread({ ...room, readMark: null, role: 'member' })).toBe(true);
  });

  it('by the later of the marks that this page and the server know', () => {
    expect(laterMark('0000aaaa:9', '0000aaaa:10')).toBe('0000aaaa:10');
    expect(laterMark(null, '0000aaaa:1')).toBe('0000aaaa:1');
    expect(laterMark('0000aaaa:1', '0000bbbb:9')).toBe('0000aaaa:1');
  });
});

describe('A day', () => {
  const now = new Date(2026, 10, 22, 0, 30).getTime();

  it('is named as people do', () => {
    expect(dayName(now, now)).toBe('Today');
    expect(dayName(now - 3_600_000, now)).toBe('Yesterday');
    expect(dayName(new Date(2026, 10, 17).getTime(), now)).toBe('Tuesday, November 17');
    expect(dayName(new Date(2025, 11, 31).getTime(), now)).toBe('Wednesday, December 31, 2025');
  });

  it('is a number that grows', () => {
    expect(dayOf(new Date(2026, 0, 31).getTime())).toBe(20260131);
    expect(dayOf(new Date(2026, 1, 1).getTime())).toBe(20260201);
  });
});
