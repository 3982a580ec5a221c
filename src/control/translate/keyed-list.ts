import { byText } from './seniority.ts';

interface Keyed {
  readonly key: string;
}

/** Things in the order of their keys, kept so between changes: one that comes costs no sorting of the others. */
export class KeyedList<T extends Keyed> {
  /** Replaced, never edited. */
  items: readonly T[] = [];

  /** `came` are not in the list and have keys of their own, `went` are in it. */
  change(came: readonly T[], went: readonly T[]): void {
    if (came.length + went.length === 0) return;
    const edits = [...went.map((item) => ({ item, stays: false })), ...came.map((item) => ({ item, stays: true }))];
    edits.sort((a, b) => byText(a.item.key, b.item.key));
    const before = this.items;
    const items: T[] = [];
    let next = 0;
    for (const { item, stays } of edits) {
      const place = placeOf(item.key, before, next);
      while (next < place) items.push(before[next++]);
      if (stays) items.push(item);
      else next++;
    }
    while (next < before.length) items.push(before[next++]);
    this.items = items;
  }
}

/** Index of the first item from `start` on whose key does not come before `key`. */
function placeOf(key: string, items: readonly Keyed[], start: number): number {
  let low = start;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle].key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
