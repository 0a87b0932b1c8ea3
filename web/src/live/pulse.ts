/** The shortest time between two redraws that a stream of events may cause: two frames of a 60 Hz screen. */
const PULSE_MS = 32;

/**
 * Tells listeners that something changed: at once after a pause, and at most once per pulse in a storm, so that a thousand
 * events in a second cost thirty redraws and not a thousand.
 */
export class Pulse {
  /** How often something changed: a key to what was computed from it. */
  count = 0;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private due = false;

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Something changed. */
  beat(): void {
    this.count++;
    this.tell();
  }

  /** Something changed under somebody's hand: they are not kept waiting. */
  beatNow(): void {
    this.count++;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.tell();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.due = false;
    this.listeners.clear();
  }

  private tell(): void {
    if (this.timer !== undefined) {
      this.due = true;
      return;
    }
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.due) this.tell();
    }, PULSE_MS);
    this.due = false;
    for (const listener of this.listeners) listener();
  }
}
