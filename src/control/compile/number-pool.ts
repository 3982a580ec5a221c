/**
 * Whole numbers from 0 to `limit` − 1. A number that was given back is parked until `settle`, because it may be
 * given to another owner only in a later generation than the first one that left it out.
 */
export class NumberPool {
  readonly #limit: number;
  readonly #order: 'dense' | 'spread';
  #next = 0;
  #parked: number[] = [];
  /** A queue made of two stacks: numbers rest for as long as possible. */
  #incoming: number[] = [];
  #outgoing: number[] = [];

  /** `dense` takes free numbers before new ones; `spread` takes new ones first, so that reuse comes late. */
  constructor(limit: number, order: 'dense' | 'spread') {
    this.#limit = limit;
    this.#order = order;
  }

  /** How many different numbers were ever given out. */
  get touched(): number {
    return this.#next;
  }

  /** −1 when all are taken. */
  take(): number {
    const fresh = this.#next < this.#limit;
    if (fresh && this.#order === 'spread') return this.#next++;
    if (this.#outgoing.length === 0) this.#turn();
    const free = this.#outgoing.pop();
    if (free !== undefined) return free;
    return fresh ? this.#next++ : -1;
  }

  giveBack(number: number): void {
    this.#parked.push(number);
  }

  /** A generation without the parked numbers is complete: from the next one on they are free. */
  settle(): void {
    for (const number of this.#parked) this.#incoming.push(number);
    this.#parked = [];
  }

  #turn(): void {
    this.#outgoing = this.#incoming.reverse();
    this.#incoming = [];
  }
}
