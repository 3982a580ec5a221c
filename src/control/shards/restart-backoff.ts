import type { Dice } from '../../base/dice.ts';

const FIRST_MS = 100;
const LONGEST_MS = 5_000;
/** A shard that served this long owes nothing to the ends before it. */
const HEALTHY_MS = 30_000;

/**
 * How long one shard's replacement waits. The first end is an accident and costs nothing; one that dies again soon
 * waits 100 ms, then twice as long each time up to 5 s, less up to half of it so that shards do not start in step.
 */
export class RestartBackoff {
  #ends = 0;
  readonly #dice: Dice;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** `servedMs`: how long the incarnation that ended had served; 0 when it never did. */
  next(servedMs: number): number {
    if (servedMs >= HEALTHY_MS) this.#ends = 0;
    const ends = this.#ends++;
    if (ends === 0) return 0;
    const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(ends - 1, 16));
    return whole - this.#dice.below(whole / 2);
  }
}
