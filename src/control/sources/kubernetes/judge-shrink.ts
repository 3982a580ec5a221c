import type { HeldMap } from './held-objects.ts';

/**
 * A list that takes away more than half of what is served is more often a mistake of the API server than the truth. By
 * weight (routes, endpoints), because a list may also name every object and have nothing in them; and by number, because
 * some kinds weigh nothing and yet nothing is served without them.
 */
export function isSuspicious<T>(before: HeldMap<T>, after: HeldMap<T>): boolean {
  let weight = 0;
  let lostWeight = 0;
  let lost = 0;
  for (const [key, held] of before) {
    const now = after.get(key);
    weight += held.weight;
    lostWeight += Math.max(0, held.weight - (now?.weight ?? 0));
    if (now === undefined) lost++;
  }
  return lostWeight * 2 > weight || lost * 2 > before.size;
}
