import { HubbubError, type AttachedFile, type UploadOptions } from 'hubbub-client';
import { expect, test, vi } from 'vitest';
import { Attachments, FILES_MAX } from '../src/live/attachments';

function shelf(kept = new Map<string, string>()) {
  const uploads: { name: string; options: UploadOptions; done: (file: AttachedFile) => void; fail: (error: unknown) => void }[] = [];
  const dropped: string[] = [];
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key) };
  const api = {
    uploadFile: (_room: string, file: Blob, options: UploadOptions = {}) =>
      new Promise<AttachedFile>((done, fail) => {
        uploads.push({ name: (file as File).name, options, done, fail });
        options.signal?.addEventListener('abort', () => fail(new HubbubError('cancelled', 'cancelled')));
      }),
    dropFile: async (_room: string, id: string) => void dropped.push(id),
  };
  return { attachments: new Attachments(api, 'room1', 'room1', () => storage), uploads, dropped, kept, reload: () => new Attachments(api, 'room1', 'room1', () => storage) };
}

const file = (name: string): File => new File(['12345'], name);
const stored = (id: string, name: string): AttachedFile => ({ id, name, type: 'application/octet-stream', size: 5 });
const states = (attachments: Attachments) => attachments.items.map((item) => `${item.name} ${item.state}`);

test('files are uploaded at once, and their ids stand in the order in which they were chosen', async () => {
  const { attachments, uploads } = shelf();
  attachments.add([file('a'), file('b')]);
  uploads[0]!.options.onProgress!(2, 5);
  expect([states(attachments), attachments.items[0]!.progress, attachments.isBusy]).toEqual([['a uploading', 'b uploading'], 0.4, true]);
  uploads[1]!.done(stored('2', 'b'));
  uploads[0]!.done(stored('1', 'a'));
  await vi.waitFor(() => expect(attachments.isBusy).toBe(false));
  expect(attachments.ids).toEqual(['1', '2']);
  attachments.sent();
  expect(attachments.items).toEqual([]);
});

test('one that failed says why and can be tried again, and one that is removed is cancelled or given up', async () => {
  const { attachments, uploads, dropped } = shelf();
  attachments.add([file('a'), file('b')]);
  uploads[0]!.fail(new HubbubError('too_large', 'Too large.'));
  await vi.waitFor(() => expect(states(attachments)).toEqual(['a failed', 'b uploading']));
  expect([attachments.items[0]!.problem, attachments.hasFailed]).toEqual(['Too large.', true]);
  attachments.retry(attachments.items[0]!.key);
  uploads[2]!.done(stored('1', 'a'));
  await vi.waitFor(() => expect(states(attachments)).toEqual(['a done', 'b uploading']));

  const [a, b] = attachments.items;
  attachments.remove(b!.key);
  attachments.remove(a!.key);
  expect([uploads[1]!.options.signal!.aborted, attachments.items, dropped]).toEqual([true, [], ['1']]);
});

test('after a reload what was uploaded is there, and of the rest its name', async () => {
  const { attachments, uploads, reload } = shelf();
  attachments.add([file('a'), file('b')]);
  uploads[0]!.done(stored('1', 'a'));
  await vi.waitFor(() => expect(attachments.ids).toEqual(['1']));
  const after = reload();
  expect([states(after), after.ids, after.lost]).toEqual([['a done'], ['1'], ['b']]);
  after.forgetLost();
  after.sent();
  expect([reload().items, reload().lost]).toEqual([[], []]);
});

test('what is kept and cannot be read is as good as nothing', () => {
  expect(shelf(new Map([['hubbub.files:room1', '{"done":[{}],"lost":[1]']])).attachments.items).toEqual([]);
  const { attachments } = shelf(new Map([['hubbub.files:room1', '{"done":[{}, null],"lost":[1]}']]));
  expect([attachments.items, attachments.lost]).toEqual([[], []]);
});

test('a message takes only so many', () => {
  const { attachments, uploads } = shelf();
  expect(attachments.add(Array.from({ length: FILES_MAX + 1 }, (_, i) => file(`${i}`)))).toBe(false);
  expect(uploads.length).toBe(FILES_MAX);
});
