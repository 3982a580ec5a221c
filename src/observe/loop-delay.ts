import type { Clock, Timer } from '../base/clock.ts';

export const delayBoundsMs = [5, 10, 20, 50, 100, 200, 500, 1000] as const;

const EVERY_MS = 10;

/**
 * How late a timer of this thread runs, looked at every 10 ms: what its loop was held by. A hold is seen up to these
 * 10 ms shorter than it was.
 */
export class LoopDelay {
  /** One for each bound and one for what was longer. */
  readonly counts = new Float64Array(delayBoundsMs.length + 1);
  sumMs = 0;
  readonly #clock: Clock;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(): void {
    this.#plan(this.#clock.now());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #plan(now: number): void {
    this.#timer = this.#clock.after(EVERY_MS, () => this.#take(now + EVERY_MS));
  }

  #take(due: number): void {
    const now = this.#clock.now();
    // Timers round: one that comes a little early is on time.
    const lateMs = Math.max(0, now - due);
    this.sumMs += lateMs;
    this.counts[bucketOf(lateMs)]++;
    this.#plan(now);
  }
}

function bucketOf(lateMs: number): number {
  let bucket = 0;
  while (bucket < delayBoundsMs.length && lateMs > delayBoundsMs[bucket]) bucket++;
  return bucket;
}
