/** What waits in a queue. The links and `queued` belong to the queue. */
export interface Waiter<T> {
  next: T | undefined;
  previous: T | undefined;
  queued: boolean;
}

/** First in, first out; the links stand in what waits, so that whoever goes away leaves at once and nothing is allocated. */
export class WaitQueue<T extends Waiter<T>> {
  length = 0;
  first: T | undefined;
  #last: T | undefined;

  push(waiter: T): void {
    waiter.queued = true;
    waiter.previous = this.#last;
    if (this.#last === undefined) this.first = waiter;
    else this.#last.next = waiter;
    this.#last = waiter;
    this.length++;
  }

  shift(): T | undefined {
    const { first } = this;
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Does nothing for one that does not wait. */
  remove(waiter: T): void {
    if (!waiter.queued) return;
    const { next, previous } = waiter;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    waiter.next = undefined;
    waiter.previous = undefined;
    waiter.queued = false;
    this.length--;
  }
}
