import type { PendingPost } from 'hubbub-client';
import { describe, expect, it } from 'vitest';
import { Conversation, type Skip } from '../src/model/conversation';
import { buildRows, type Row } from '../src/model/rows';
import { ada, bo, RoomStory } from './room-story';

const NOON = new Date(2026, 10, 22, 12).getTime();
const MINUTE = 60_000;

function rowsOf(story: RoomStory, { outbox = [] as PendingPost[], fromStart = true, seams = [] as number[], skips = [] as Skip[], newAfter = undefined as number | undefined } = {}): Row[] {
  const conversation = new Conversation();
  conversation.fold(story.events.filter(({ sequence }) => !skips.some((skip) => sequence > skip.after && sequence <= skip.upTo)));
  for (const skip of skips) conversation.skip(skip);
  return buildRows({ items: conversation.items, skips: conversation.skips, outbox, me: ada, fromStart, seams: new Set(seams), newAfter });
}

function pending(key: string, text: string, createdAt = NOON): PendingPost {
  return { key, text, replyTo: undefined, thread: undefined, createdAt, state: 'pending', error: undefined, posted: new Promise(() => {}), retry() {}, discard() {} };
}

const sketch = (rows: Row[]): string[] =>
  rows.map((row) => {
    if (row.kind === 'day') return '--';
    if (row.kind === 'notice') return '~';
    if (row.kind === 'new') return 'new';
    if (row.kind === 'skip') return `${row.skip.upTo - row.skip.after} skipped`;
    const text = row.kind === 'message' ? row.message.text : `(${row.post.text})`;
    return `${row.starts ? '[' : ' '}${text}${row.ends ? ']' : ' '}`;
  });

describe('The rows of a conversation', () => {
  it('group the messages that one person sent close together', () => {
    const story = new RoomStory();
    story.says('a', { at: NOON });
    story.says('b', { at: NOON + MINUTE });
    story.says('c', { by: bo, at: NOON + 2 * MINUTE });
    story.says('d', { at: NOON + 3 * MINUTE });
    story.says('e', { at: NOON + 10 * MINUTE });

    expect(sketch(rowsOf(story))).toEqual(['--', '[a ', ' b]', '[c]', '[d]', '[e]']);
  });

  it('say between the messages what was skipped there', () => {
    const story = new RoomStory();
    for (const text of 'abcdefg') story.says(text, { at: NOON });
    const skips = [{ after: 1, upTo: 3, at: NOON }, { after: 4, upTo: 7, at: NOON }];

    expect(sketch(rowsOf(story, { skips }))).toEqual(['--', '[a]', '2 skipped', '[d]', '3 skipped']);
  });

  it('begin a new group after a notice and after midnight', () => {
    const story = new RoomStory();
    const midnight = new Date(2026, 10, 23).getTime();
    story.says('a', { at: midnight - MINUTE });
    story.tell({ type: 'member_joined', user: bo, role: 'member' }, bo, midnight - MINUTE);
    story.says('b', { at: midnight - 1 });
    story.says('c', { at: midnight });

    expect(sketch(rowsOf(story))).toEqual(['--', '[a]', '~', '[b]', '--', '[c]']);
  });

  it('announce a day once, however the senders’ clocks disagree', () => {
    const story = new RoomStory();
    const midnight = new Date(2026, 10, 23).getTime();
    story.says('a', { at: midnight - 1 });
    story.says('b', { by: bo, at: midnight + 1 });
    story.says('c', { at: midnight - 1 });
    story.says('d', { by: bo, at: midnight + 2 });

    const rows = rowsOf(story);
    expect(sketch(rows)).toEqual(['--', '[a]', '--', '[b]', '[c]', '[d]']);
    expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
  });

  it('have one line above the first message of others that was new, and begin a group behind it', () => {
    const story = new RoomStory();
    story.says('a', { by: bo, at: NOON });
    story.says('mine', { at: NOON });
    story.says('b', { by: bo, at: NOON });
    story.says('c', { by: bo, at: NOON });

    expect(sketch(rowsOf(story, { newAfter: 1 }))).toEqual(['--', '[a]', '[mine]', 'new', '[b ', ' c]']);
    expect(sketch(rowsOf(story, { newAfter: 3 }))).toEqual(['--', '[a]', '[mine]', '[b]', 'new', '[c]']);
    expect(sketch(rowsOf(story, { newAfter: 4 }))).not.toContain('new');
  });

  it('do not say that a day begins where older messages are not loaded yet', () => {
    const story = new RoomStory();
    story.says('a', { at: NOON });

    expect(sketch(rowsOf(story, { fromStart: false }))).toEqual(['[a]']);
  });

  it('show own messages on their way behind everything else', () => {
    const story = new RoomStory();
    story.says('a', { at: NOON });
    story.says('b', { by: bo, at: NOON + MINUTE });

    const outbox = [pending('k1', 'c', NOON + MINUTE), pending('k2', 'd', NOON + MINUTE)];

    expect(sketch(rowsOf(story, { outbox }))).toEqual(['--', '[a]', '[b]', '[(c) ', ' (d)]']);
  });

  it('confirm an own message in its place: the same row key, and never twice', () => {
    const story = new RoomStory();
    story.says('hello', { key: 'k0', at: NOON });
    const before = rowsOf(story, { outbox: [pending('k1', 'again')] });
    story.says('again', { key: 'k1', at: NOON });
    const between = rowsOf(story, { outbox: [pending('k1', 'again')] });
    const after = rowsOf(story);

    expect(before.map((row) => row.key)).toEqual(after.map((row) => row.key));
    expect(between).toEqual(after);
  });

  it('do not take another person’s message for one’s own because the keys are equal', () => {
    const story = new RoomStory();
    story.says('theirs', { by: bo, key: 'k1', at: NOON });

    expect(sketch(rowsOf(story, { outbox: [pending('k1', 'mine')] }))).toEqual(['--', '[theirs]', '[(mine)]']);
  });

  it('keep their heights where a page of history is joined on', () => {
    const story = new RoomStory();
    story.says('a', { at: NOON });
    story.says('b', { at: NOON });

    expect(sketch(rowsOf(story, { seams: [2] }))).toEqual(['--', '[a]', '[b]']);
  });
});
