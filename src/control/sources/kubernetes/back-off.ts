import type { Dice } from '../../../base/dice.ts';

const FIRST_MS = 500;
const LAST_MS = 30_000;

/** 0.5 s doubling to 30 s, each time between half as long and half as long again. */
export class BackOff {
  readonly #dice: Dice;
  #nextMs = FIRST_MS;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** How long to wait now; what the server asked for is added to by chance, never cut. */
  next(retryAfterMs = 0): number {
    const ownMs = jittered(this.#nextMs, this.#dice);
    this.#nextMs = Math.min(LAST_MS, this.#nextMs * 2);
    return Math.max(ownMs, retryAfterMs + this.#dice.below(FIRST_MS));
  }

  reset(): void {
    this.#nextMs = FIRST_MS;
  }
}

/** Between half of it and half as much again. */
export const jittered = (ms: number, dice: Dice): number => ms / 2 + dice.below(ms + 1);
