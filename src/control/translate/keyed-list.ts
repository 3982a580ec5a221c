import { byText } from './seniority.ts';

/** Values in the order of their keys, kept so between changes: one that comes costs no sorting of the others. */
export class KeyedList<T> {
  /** Replaced, never edited. */
  values: readonly T[] = [];
  #keys: readonly string[] = [];

  /** What stands under these keys from now on; undefined: nothing. */
  change(edits: ReadonlyMap<string, T | undefined>): void {
    if (edits.size === 0) return;
    const before = this.values;
    const known = this.#keys;
    const keys: string[] = [];
    const values: T[] = [];
    let next = 0;
    for (const [key, value] of [...edits].sort(([a], [b]) => byText(a, b))) {
      const place = placeOf(key, known, next);
      for (; next < place; next++) {
        keys.push(known[next]);
        values.push(before[next]);
      }
      if (known[next] === key) next++;
      if (value === undefined) continue;
      keys.push(key);
      values.push(value);
    }
    for (; next < known.length; next++) {
      keys.push(known[next]);
      values.push(before[next]);
    }
    this.#keys = keys;
    this.values = values;
  }
}

/** Index of the first key from `start` on that does not come before `key`. */
function placeOf(key: string, keys: readonly string[], start: number): number {
  let low = start;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle] < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
