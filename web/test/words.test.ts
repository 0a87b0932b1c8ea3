import { describe, expect, it } from 'vitest';
import { initials } from '../src/model/faces';
import { parseInline, type Inline } from '../src/model/markdown';
import { cleanName, cleanText, excessBytes } from '../src/model/message-text';
import { parseRoute, pathOf, roomIdFor } from '../src/model/route';

const links = (text: string): Inline[] =>
  parseInline(text).flatMap((node) => (typeof node !== 'string' && node.kind === 'link' ? node.children : []));

describe('Links in a text', () => {
  it('are http and https addresses and nothing else', () => {
    expect(links('http://a.example and https://b.example/c?d=e#f')).toEqual(['http://a.example', 'https://b.example/c?d=e#f']);
    expect(links('javascript:alert(1) data:text/html,x ftp://a.example www.a.example //a.example https:// http://')).toEqual([]);
  });

  it('leave the sentence’s punctuation outside, and brackets that were opened inside within', () => {
    expect(links('See https://a.example/b.')).toEqual(['https://a.example/b']);
    expect(links('(https://a.example/b)')).toEqual(['https://a.example/b']);
    expect(links('https://a.example/b_(c)!')).toEqual(['https://a.example/b_(c)']);
  });

  it('never lead elsewhere than they read', () => {
    expect(links('https://bank.example@evil.example/')).toEqual([]);
    expect(links('https://a.example/\u202egpj.exe')).toEqual(['https://a.example/']);
  });
});

describe('A message’s text', () => {
  it('loses what the protocol forbids and the blank lines around it, and nothing else', () => {
    expect(cleanText('a\u0000b\u001b[31m\u0085c\ud800')).toBe('ab[31mc');
    expect(cleanText('\n  \n  indented\n\n\tand more 😀 \n\n')).toBe('  indented\n\n\tand more 😀');
    expect(cleanText(' \n\t ')).toBe('');
  });

  it('is measured in bytes of UTF-8', () => {
    expect(excessBytes('a'.repeat(16_384))).toBe(0);
    expect(excessBytes('é'.repeat(8_193))).toBe(2);
  });
});

describe('A name', () => {
  it('is one line of at most 64 characters', () => {
    expect(cleanName('  Ada \n\t Lovelace\u0000 ')).toBe('Ada Lovelace');
    expect([...cleanName('😀'.repeat(100))].length).toBe(64);
    expect(cleanName(' \u0007 ')).toBe('');
  });

  it('has initials in any script', () => {
    expect(initials('Ada Lovelace')).toBe('AL');
    expect(initials('(bo)')).toBe('B');
    expect(initials('анна мария ли')).toBe('АЛ');
    expect(initials('😀')).toBe('?');
  });
});

describe('An address of the page', () => {
  it('leads to a room or an invitation, and anything else to the rooms', () => {
    expect(parseRoute('/r/room1')).toEqual({ page: 'room', roomId: 'room1' });
    expect(parseRoute('/i/a.b-c_d')).toEqual({ page: 'invitation', token: 'a.b-c_d' });
    for (const path of ['/', '/r/', '/r/.hidden', '/r/a/b', '/i/a/1', '/x/y', `/r/${'a'.repeat(65)}`]) {
      expect(parseRoute(path)).toEqual({ page: 'rooms' });
    }
  });

  it('is read as it was written', () => {
    for (const route of [{ page: 'room', roomId: 'A.b-1' }, { page: 'invitation', token: 'a/b+c=' }, { page: 'room', roomId: 'a', message: 42 }, { page: 'rooms' }] as const) {
      expect(parseRoute(pathOf(route))).toEqual(route);
    }
  });

  it('is made of a room’s name where the name has enough to make it of', () => {
    expect(roomIdFor('Room.1')).toBe('Room.1');
    expect(roomIdFor(' Team lunch ')).toBe('team-lunch');
    expect(roomIdFor('Café à côté')).toBe('cafe-a-cote');
    expect(roomIdFor('Привет 2')).toBeUndefined();
    expect(roomIdFor('!!!')).toBeUndefined();
  });
});
