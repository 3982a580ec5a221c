export interface Differences<T> {
  readonly came: readonly T[];
  readonly went: readonly T[];
}

/**
 * What only one of two lists has, by identity, at the cost of one walk. Both stand in the order of `precedes`; where they
 * do not, something that is in both may be among what came and what went.
 */
export function differences<T>(
  before: readonly T[],
  after: readonly T[],
  precedes: (a: T, b: T) => boolean,
): Differences<T> {
  const came: T[] = [];
  const went: T[] = [];
  let old = 0;
  for (const item of after) {
    while (old < before.length && before[old] !== item && precedes(before[old], item)) went.push(before[old++]);
    if (old < before.length && before[old] === item) old++;
    else came.push(item);
  }
  while (old < before.length) went.push(before[old++]);
  return { came, went };
}
