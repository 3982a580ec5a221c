/** Something that must not wait for ever: it sets its own moment, and is told when that has passed. */
export interface Expiring {
  /** Milliseconds of the sweeper's clock; Infinity for "no limit now". */
  deadlineMs: number;
  /** Place in the sweeper's list; kept by `Deadlines`, -1 outside. */
  deadlineIndex: number;
  expire(): void;
}

/**
 * One coarse timer for all connections of a thread. Arming is one store, so it costs nothing per request; the price is
 * precision: a deadline is noticed up to one sweep late.
 */
export class Deadlines {
  readonly #items: Expiring[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: Expiring): void {
    item.deadlineIndex = this.#items.length;
    this.#items.push(item);
  }

  remove(item: Expiring): void {
    const index = item.deadlineIndex;
    if (index < 0) return;
    item.deadlineIndex = -1;
    const last = this.#items.pop() as Expiring;
    if (last === item) return;
    this.#items[index] = last;
    last.deadlineIndex = index;
  }

  /** Tells everything whose moment has passed. From the end, so that items may remove themselves. */
  sweep(nowMs: number): void {
    for (let i = this.#items.length - 1; i >= 0; i--) {
      const item = this.#items[i];
      if (item !== undefined && item.deadlineMs <= nowMs) {
        item.deadlineMs = Number.POSITIVE_INFINITY;
        item.expire();
      }
    }
  }
}
