import { randomBytes } from 'node:crypto';

/** Randomness, passed in so that tests choose it. */
export interface Dice {
  /** A whole number from 0 to `limit` − 1. */
  below(limit: number): number;
  /** 32 bits that an attacker cannot guess: seeds for hash tables. */
  seed(): number;
}

export const systemDice: Dice = {
  below: (limit) => Math.floor(Math.random() * limit),
  seed: () => randomBytes(4).readInt32LE(0),
};
