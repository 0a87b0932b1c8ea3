/** Time that passes as ever, and of which a test can skip some: whatever waits then waits so much less. */
export class SkippableTime {
  #skipped = 0;
  #timers = new Set();

  options = {
    now: () => this.#now(),
    setTimeout: (callback, milliseconds) => {
      const timer = { callback, due: this.#now() + milliseconds };
      this.#timers.add(timer);
      this.#arm(timer);
      return timer;
    },
    clearTimeout: (timer) => {
      this.#timers.delete(timer);
      clearTimeout(timer.handle);
    },
  };

  pass(milliseconds) {
    this.#skipped += milliseconds;
    for (const timer of [...this.#timers]) this.#arm(timer);
  }

  #now() {
    return Date.now() + this.#skipped;
  }

  #arm(timer) {
    clearTimeout(timer.handle);
    timer.handle = setTimeout(
      () => {
        this.#timers.delete(timer);
        timer.callback();
      },
      Math.max(0, timer.due - this.#now()),
    );
  }
}
