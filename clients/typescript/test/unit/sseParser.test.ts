import { expect, test } from 'vitest';
import { longestEvent, SseParser } from '../../src/transports/sseParser.js';

test('events are the data lines up to an empty line, whatever ends the lines', () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const lines = [': hello', 'id: 9f3a01bc:1', 'data: {"a":1}', '', 'data:one', 'data: two', '', 'event: x', ''];
    expect(new SseParser().push(`${lines.join(end)}${end}\n`)).toEqual(['{"a":1}', 'one\ntwo']);
  }
});

test('a stream may be cut anywhere, also between CR and LF', () => {
  const text = 'data: first\r\n\r\n: comment\r\ndata: second\r\nid: 7\r\n\r\n';
  for (let cut = 0; cut <= text.length; cut++) {
    const parser = new SseParser();
    expect([...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))], `cut at ${cut}`).toEqual(['first', 'second']);
  }
  const parser = new SseParser();
  expect([...text].flatMap((character) => parser.push(character))).toEqual(['first', 'second']);
});

test('an event without end is refused, in one line or in many', () => {
  expect(() => new SseParser().push('x'.repeat(longestEvent + 1))).toThrow(RangeError);
  const parser = new SseParser();
  const line = `data: ${'x'.repeat(100_000)}\n`;
  expect(() => {
    for (let count = 0; count < 12; count++) parser.push(line);
  }).toThrow(RangeError);
});
