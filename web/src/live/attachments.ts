import { HubbubError, type AttachedFile, type HubbubApi } from 'hubbub-client';
import { thumbnailOf } from './thumbnail';
import { Pulse } from './pulse';

/** The most files of one message, as the protocol has it. */
export const FILES_MAX = 10;

const PREFIX = 'hubbub.files:';

/** A file on its way to the server, or there and waiting for its message. */
export interface Attachment {
  /** Unique on this page. */
  key: number;
  name: string;
  size: number;
  state: 'uploading' | 'done' | 'failed';
  /** How much has left, from 0 to 1. */
  progress: number;
  problem?: string;
  uploaded?: AttachedFile;
}

interface Kept {
  done: AttachedFile[];
  lost: string[];
}

type FilesApi = Pick<HubbubApi, 'uploadFile' | 'dropFile'>;
type Keeping = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/**
 * What somebody has begun to attach to one draft. Uploads go on while another room is looked at. What is on the server already survives a reload; of what was still on its way the
 * name does, so that it can be said that it must be chosen again.
 */
export class Attachments {
  readonly changes = new Pulse();
  items: readonly Attachment[] = [];
  /** Names of files that a reload has cut off. */
  lost: readonly string[] = [];
  private readonly files = new Map<number, { file: File; abort: AbortController }>();
  private keys = 0;

  constructor(
    private readonly api: FilesApi,
    private readonly roomId: string,
    private readonly draft: string,
    private readonly storage: () => Keeping = () => localStorage,
  ) {
    const kept = this.read();
    this.items = kept.done.map((uploaded) => ({ key: ++this.keys, name: uploaded.name, size: uploaded.size, state: 'done', progress: 1, uploaded }));
    this.lost = kept.lost;
  }

  get isBusy(): boolean {
    return this.items.some((item) => item.state === 'uploading');
  }

  get hasFailed(): boolean {
    return this.items.some((item) => item.state === 'failed');
  }

  /** The ids, in the order in which the files were chosen. */
  get ids(): string[] {
    return this.items.flatMap((item) => (item.uploaded ? [item.uploaded.id] : []));
  }

  /** Begins to upload. False if some were too many. */
  add(files: Iterable<File>): boolean {
    this.lost = [];
    let all = true;
    for (const file of files) {
      if (this.items.length >= FILES_MAX) {
        all = false;
        break;
      }
      const key = ++this.keys;
      this.items = [...this.items, { key, name: file.name || 'file', size: file.size, state: 'uploading', progress: 0 }];
      this.files.set(key, { file, abort: new AbortController() });
      void this.upload(key);
    }
    this.changed();
    return all;
  }

  retry(key: number): void {
    const held = this.files.get(key);
    if (!held) return;
    held.abort = new AbortController();
    this.change(key, { state: 'uploading', progress: 0 });
    void this.upload(key);
  }

  /** Cancels it, or gives up what is there already. */
  remove(key: number): void {
    const item = this.items.find((other) => other.key === key);
    this.files.get(key)?.abort.abort();
    this.files.delete(key);
    this.items = this.items.filter((other) => other.key !== key);
    // Nobody waits for it: what is not given up is deleted after a day.
    if (item?.uploaded) void this.api.dropFile(this.roomId, item.uploaded.id).catch(() => {});
    this.changed();
  }

  /** A message has them now. */
  sent(): void {
    this.items = [];
    this.files.clear();
    this.changed();
  }

  forgetLost(): void {
    this.lost = [];
    this.changed();
  }

  private async upload(key: number): Promise<void> {
    const { file, abort } = this.files.get(key)!;
    const { signal } = abort;
    try {
      const uploaded = await this.api.uploadFile(this.roomId, file, { signal, onProgress: (sent, total) => this.change(key, { progress: total > 0 ? sent / total : 0 }) });
      const small = uploaded.width === undefined ? undefined : await thumbnailOf(file);
      // A thumbnail is a kindness: without it others load the picture itself.
      if (small) await this.api.uploadFile(this.roomId, small, { name: 'thumbnail', thumbnailOf: uploaded.id, signal }).catch(() => {});
      if (signal.aborted) void this.api.dropFile(this.roomId, uploaded.id).catch(() => {});
      else this.change(key, { state: 'done', progress: 1, uploaded });
    } catch (error) {
      if (!signal.aborted) this.change(key, { state: 'failed', problem: HubbubError.from(error).message });
    }
  }

  private change(key: number, change: Partial<Attachment>): void {
    this.items = this.items.map((item) => (item.key === key ? { ...item, ...change } : item));
    this.changed();
  }

  private changed(): void {
    const kept: Kept = {
      done: this.items.flatMap((item) => (item.uploaded ? [item.uploaded] : [])),
      lost: [...this.lost, ...this.items.filter((item) => !item.uploaded).map((item) => item.name)],
    };
    try {
      if (kept.done.length + kept.lost.length) this.storage().setItem(PREFIX + this.draft, JSON.stringify(kept));
      else this.storage().removeItem(PREFIX + this.draft);
    } catch {
      // It lasts as long as the page.
    }
    this.changes.beat();
  }

  private read(): Kept {
    try {
      const kept = JSON.parse(this.storage().getItem(PREFIX + this.draft) ?? '{}') as Partial<Kept>;
      return {
        done: Array.isArray(kept.done) ? kept.done.filter((file) => typeof file?.id === 'string' && typeof file.name === 'string') : [],
        lost: Array.isArray(kept.lost) ? kept.lost.filter((name) => typeof name === 'string') : [],
      };
    } catch {
      return { done: [], lost: [] };
    }
  }
}

/** The attachments of each draft, for as long as the page lives. */
export class AttachmentsOfDrafts {
  private readonly all = new Map<string, Attachments>();

  constructor(private readonly api: FilesApi) {}

  of(roomId: string, draft: string): Attachments {
    const known = this.all.get(draft);
    if (known) return known;
    const made = new Attachments(this.api, roomId, draft);
    this.all.set(draft, made);
    return made;
  }
}
