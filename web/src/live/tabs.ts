/** The page's tabs in one browser, from the view of one of them: which leads, and which rooms somebody is looking at. */
export class Tabs {
  /** One of all tabs leads. Where tabs cannot agree, on a page without TLS, there are no notifications to be agreed on either. */
  leads = false;
  private readonly name = Math.random().toString(36).slice(2);
  private readonly channel: BroadcastChannel | undefined;
  private readonly attended = new Map<string, string>();
  private attends = '';
  private release: (() => void) | undefined;
  private isStopped = false;

  constructor(scope: string) {
    if (typeof BroadcastChannel === 'undefined') return;
    this.channel = new BroadcastChannel(`hubbub-tabs:${scope}`);
    this.channel.onmessage = ({ data }: MessageEvent<{ from: string; attends?: string }>) => {
      if (data.attends === undefined) this.tell();
      else if (data.attends === '') this.attended.delete(data.from);
      else this.attended.set(data.from, data.attends);
    };
    this.channel.postMessage({ from: this.name });
    void navigator.locks?.request(`hubbub-leader:${scope}`, () => {
      if (this.isStopped) return undefined;
      this.leads = true;
      return new Promise<void>((release) => (this.release = release));
    });
  }

  /** Somebody looks at this room in this tab; nobody does without one. */
  attend(roomId = ''): void {
    if (this.attends === roomId) return;
    this.attends = roomId;
    this.tell();
  }

  isAttended(roomId: string): boolean {
    return this.attends === roomId || [...this.attended.values()].includes(roomId);
  }

  stop(): void {
    this.isStopped = true;
    this.attend();
    this.channel?.close();
    this.leads = false;
    this.release?.();
  }

  private tell(): void {
    this.channel?.postMessage({ from: this.name, attends: this.attends });
  }
}
