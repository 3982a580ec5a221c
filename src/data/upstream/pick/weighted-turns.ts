import type { Dice } from '../../../base/dice.ts';
import type { RequestHead } from '../../http1/request-head.ts';
import type { ClientFacts } from '../../seam.ts';
import type { EndpointState } from '../endpoint-state.ts';
import type { EndpointList } from './endpoint-list.ts';
import type { Picker } from './picker.ts';

/** Finer than any weight, so that the first turns of two shards seldom fall together. */
const PHASES = 1024;

/**
 * Smooth weighted round robin: an endpoint of weight 5 is due at 0.1, 0.3, 0.5 …, one of weight 1 at 0.5, 1.5 …, and
 * whoever is due first is next. So every run of as many picks as there are weights has each endpoint as often as its
 * weight says and spreads its turns, as nginx's algorithm does; but a heap finds the next one in log n steps where that
 * looks at all of them. Each shard shifts the turns of each endpoint by some part of its own step.
 *
 *   due        a 0.1   a 0.3   a 0.5   b 0.5   a 0.7   a 0.9   │ a 1.1 …       a: weight 5, b: weight 1
 */
export class WeightedTurns implements Picker {
  readonly #list: EndpointList;
  readonly #due: Float64Array;
  readonly #step: Float64Array;
  /** Indices of endpoints: none is due before its parent, that of place i at (i − 1) >> 1. */
  readonly #heap: Int32Array;

  constructor(list: EndpointList, dice: Dice) {
    this.#list = list;
    this.#step = Float64Array.from(list.weights, (weight) => 1 / weight);
    this.#due = this.#step.map((step) => (step * (dice.below(PHASES) + 0.5)) / PHASES);
    this.#heap = Int32Array.from({ length: list.length }, (_, index) => index);
    this.#order();
  }

  pick(
    _head: RequestHead,
    _client: ClientFacts,
    health: Int32Array,
    moment: number,
    not: EndpointState | undefined,
  ): EndpointState | undefined {
    const list = this.#list;
    if (list.length === 0) return undefined;
    const first = this.#heap[0] as number;
    if (!list.takes(first, health, moment, not)) return this.#passOver(first, health, not);
    this.#due[first]! += this.#step[first]!;
    this.#sink(0);
    return list.at(first);
  }

  /** The first that is in. Who was due before it has missed those turns and does not make up for them later. */
  #passOver(first: number, health: Int32Array, not: EndpointState | undefined): EndpointState | undefined {
    const due = this.#due;
    let found = -1;
    for (let index = 0; index < due.length; index++) {
      if (!this.#list.isIn(index, health, not)) continue;
      if (found < 0 || due[index]! < due[found]!) found = index;
    }
    if (found < 0) found = this.#list.other(first, not);
    if (found < 0) return undefined;
    const now = due[found]!;
    for (let index = 0; index < due.length; index++) {
      if (due[index]! <= now) due[index] = now + this.#step[index]!;
    }
    this.#order();
    return this.#list.at(found);
  }

  #order(): void {
    for (let place = (this.#heap.length >> 1) - 1; place >= 0; place--) this.#sink(place);
  }

  /** Down to where nobody below it is due earlier. */
  #sink(from: number): void {
    const heap = this.#heap;
    const due = this.#due;
    const index = heap[from]!;
    let place = from;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && due[heap[child + 1]!]! < due[heap[child]!]!) child++;
      if (due[index]! <= due[heap[child]!]!) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = index;
  }
}
