import type { Dice } from '../../../base/dice.ts';
import type { EndpointState } from '../endpoint-state.ts';
import type { EndpointList } from './endpoint-list.ts';

/**
 * Draws endpoints in proportion to their weights in two throws, however many there are (alias method, Vose 1991): each
 * column is as wide as the mean weight and is shared by two endpoints at most.
 *
 *   weights 1 3 2, mean 2    column 0: ▓▓▓▓▒▒▒▒  half 0, half 1     column 1: ▒▒▒▒▒▒▒▒ all 1     column 2: ░░░░░░░░ all 2
 */
export class WeightedDraw {
  readonly #list: EndpointList;
  readonly #dice: Dice;
  readonly #total: number;
  /** How much of `total` its own endpoint has of a column; the rest is its lodger's. */
  readonly #own: Float64Array;
  readonly #lodger: Int32Array;

  constructor(list: EndpointList, dice: Dice) {
    this.#list = list;
    this.#dice = dice;
    this.#total = list.weights.reduce((sum, weight) => sum + weight, 0);
    this.#own = Float64Array.from(list.weights, (weight) => weight * list.length);
    this.#lodger = new Int32Array(list.length);
    if (!list.even) this.#share();
  }

  /** The list has at least one endpoint. */
  next(): number {
    const column = this.#dice.below(this.#own.length);
    if (this.#list.even) return column;
    return this.#dice.below(this.#total) < this.#own[column]! ? column : this.#lodger[column]!;
  }

  /** In proportion to the weights, of those that are in; looks at all of them. −1: none is. */
  nextIn(health: Int32Array, not: EndpointState | undefined): number {
    const { weights, length } = this.#list;
    let drawn = -1;
    let sum = 0;
    for (let index = 0; index < length; index++) {
      if (!this.#list.isIn(index, health, not)) continue;
      sum += weights[index]!;
      if (this.#dice.below(sum) < weights[index]!) drawn = index;
    }
    return drawn;
  }

  /** What is too much for a column lodges in one that has room left. */
  #share(): void {
    const own = this.#own;
    const small = [...own.keys()].filter((index) => own[index]! < this.#total);
    const large = [...own.keys()].filter((index) => own[index]! >= this.#total);
    while (small.length > 0 && large.length > 0) {
      const column = small.pop()!;
      const lodger = large.at(-1)!;
      this.#lodger[column] = lodger;
      own[lodger]! -= this.#total - own[column]!;
      if (own[lodger]! < this.#total) small.push(large.pop()!);
    }
  }
}
