/** A run of the pipeline may take a fourth of the thread's time while changes keep coming. */
const SHARE = 4;
const LEAST_MS = 2;

/**
 * When the next run may begin. After a rest at once, so that a single change waits for nothing. In a burst a run takes
 * together what came since the one before, and the gaps grow, because each publication costs every shard something too:
 *
 *   run, gap, run, 2 gaps, run, 4 gaps, run …  up to the limit
 *
 * A gap in which nothing came ends the burst.
 */
export class Pace {
  readonly #limitMs: number;
  /** Runs in a row that had to wait. */
  #waited = 0;
  #freeAt = Number.NEGATIVE_INFINITY;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** How long a change that comes now has to wait; 0: not at all. */
  waitMs(now: number): number {
    const waitMs = Math.max(0, this.#freeAt - now);
    this.#waited = waitMs > 0 ? this.#waited + 1 : 0;
    return waitMs;
  }

  /** A run has ended. */
  ran(now: number, costMs: number): void {
    const gapMs = Math.max(LEAST_MS, SHARE * costMs) * 2 ** Math.min(this.#waited, 16);
    this.#freeAt = now + Math.min(this.#limitMs, gapMs);
  }
}
