import { Pulse } from './pulse';

const SHOWN_MS = 5_000;

/** One short sentence at the lower edge of the page, e.g. "Link copied". A new one takes the old one's place. */
export class Toast {
  readonly changes = new Pulse();
  text = '';
  private timer: ReturnType<typeof setTimeout> | undefined;

  show(text: string): void {
    this.set(text);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.set(''), SHOWN_MS);
  }

  private set(text: string): void {
    this.text = text;
    this.changes.beat();
  }
}
