import type { HubbubApi, Report, ReportResolution } from 'hubbub-client';
import { Pulse } from './pulse';

/** Reports are asked for again this often while somebody looks at the page: nobody is told of them live. */
const REFRESH_MS = 30_000;

/** The reports of one room that wait for a decision, for those who keep order there. It begins with `start` and ends with `stop`. */
export class ReportList {
  readonly changes = new Pulse();
  waiting: readonly Report[] = [];
  failed = false;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly api: Pick<HubbubApi, 'reports' | 'resolveReport'>,
    private readonly roomId: string,
  ) {}

  start(): void {
    void this.load();
    this.timer ??= setInterval(() => {
      if (document.visibilityState === 'visible') void this.load();
    }, REFRESH_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.changes.stop();
  }

  async load(): Promise<void> {
    try {
      this.waiting = await this.api.reports(this.roomId);
      this.failed = false;
    } catch {
      this.failed = true;
    }
    this.changes.beat();
  }

  async resolve(report: Report, resolution: ReportResolution): Promise<void> {
    await this.api.resolveReport(this.roomId, report.id, resolution);
    // With it all others of its message are decided.
    this.waiting = this.waiting.filter((other) => other.message.id !== report.message.id);
    this.changes.beatNow();
  }
}
