import type { Clock, Timer } from '../../src/base/clock.ts';

interface Due {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that a test moves by hand. */
export class HandClock implements Clock {
  #now = 0;
  readonly #due = new Set<Due>();

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): Timer {
    const due = { at: this.#now + ms, run };
    this.#due.add(due);
    return { cancel: () => this.#due.delete(due) };
  }

  /** Runs what falls due on the way, each at its own moment. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.at);
      this.#due.delete(next);
      next.run();
    }
    this.#now = end;
  }

  /** Time passes and nothing runs on the way, as when the machine sleeps; what fell due runs at the end. */
  sleep(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }

  #next(end: number): Due | undefined {
    let first: Due | undefined;
    for (const due of this.#due) {
      if (due.at <= end && (first === undefined || due.at < first.at)) first = due;
    }
    return first;
  }
}
