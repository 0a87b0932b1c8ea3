import { describe, expect, test } from 'vitest';
import { knownEvent, readEvents } from '../../src/wire.js';
import { at, event } from '../kit/events.js';

describe('events of the wire', () => {
  test('what is deleted has an empty text, in a message and in its edits', () => {
    const { message: _gone, ...deleted } = event(2, { deleted: true });
    const edit = { ...deleted, type: 'message_edited', sequence: 3, id: at(3), messageId: at(2) };
    expect(readEvents([deleted, edit]).map((read) => 'message' in read && [read.message, read.deleted])).toEqual([['', true], ['', true]]);
  });

  test('a type that is not known is none of the application', () => {
    expect(knownEvent(event(2, { type: 'from_the_future' }))).toBeUndefined();
    expect(readEvents([event(2, { type: 'from_the_future' }), event(3), 'damage'])).toEqual([event(3)]);
  });
});
