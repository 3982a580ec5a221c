/** While single changes keep coming, runs of the pipeline take a fifth of the thread's time. */
const GAPS_PER_RUN = 4;
const LEAST_GAP_MS = 2;

/**
 * When the next run may begin. After a rest at once, so that a single change waits for nothing, and changes that come one
 * by one hardly ever. Where several come in a gap they are taken together, and the gaps grow, because each publication
 * costs every shard something too:
 *
 *   run, gap, run of many, 2 gaps, run of many, 4 gaps …  up to the limit
 */
export class Pace {
  readonly #limitMs: number;
  #growth = 1;
  #lastCostMs = 0;
  #freeAt = Number.NEGATIVE_INFINITY;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** How long a change that comes now has to wait; 0: not at all. */
  waitMs(now: number): number {
    return Math.max(0, this.#freeAt - now);
  }

  /** A run has ended that took so many changes together. */
  ran(now: number, costMs: number, changes: number): void {
    this.#growth = changes > 1 ? Math.min(this.#growth * 2, 2 ** 16) : 1;
    // One slow run may be a busy machine or cold code; two in a row are not.
    const gapMs = Math.max(LEAST_GAP_MS, GAPS_PER_RUN * Math.min(costMs, this.#lastCostMs)) * this.#growth;
    this.#lastCostMs = costMs;
    this.#freeAt = now + Math.min(this.#limitMs, gapMs);
  }
}
