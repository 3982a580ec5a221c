/** The middle of several measurements, and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** The middle value; of an even number the mean of the two in the middle. Throws for an empty list. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no values, no median');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/** By chance alone the true median lies outside of `medianInterval` no more often than this, for six values and more. */
const CHANCE = 0.05;

/**
 * Where the true median lies, whatever the distribution (the sign test turned round): the more values, the narrower. With
 * fewer than six it is all of them, and even that is less sure than `CHANCE` says.
 */
export function medianInterval(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const last = sorted.length - 1;
  let dropped = 0;
  while (2 * binomialTail(sorted.length, dropped + 1) <= CHANCE) dropped += 1;
  return { median: median(values), least: sorted[dropped] as number, most: sorted[last - dropped] as number };
}

/** How likely at most `heads` of so many fair coins show heads. */
function binomialTail(coins: number, heads: number): number {
  let ways = 1;
  let sum = 1;
  for (let i = 1; i <= heads; i += 1) {
    ways *= (coins - i + 1) / i;
    sum += ways;
  }
  return sum / 2 ** coins;
}

/** The least value that at least this share of all values does not exceed (nearest rank). `sorted` must not be empty. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] as number;
}
