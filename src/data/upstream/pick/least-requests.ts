import type { Dice } from '../../../base/dice.ts';
import type { RequestHead } from '../../http1/request-head.ts';
import type { ClientFacts } from '../../seam.ts';
import type { EndpointState } from '../endpoint-state.ts';
import type { EndpointList } from './endpoint-list.ts';
import type { Picker } from './picker.ts';
import { WeightedDraw } from './weighted-draw.ts';

/**
 * Of two endpoints, the first drawn by weight, the one with fewer requests of this shard for its weight. Two are enough
 * (Mitzenmacher 2001), and shards that look at different pairs do not all run to the same idle endpoint.
 */
export class LeastRequests implements Picker {
  readonly #list: EndpointList;
  readonly #dice: Dice;
  readonly #draw: WeightedDraw;

  constructor(list: EndpointList, dice: Dice) {
    this.#list = list;
    this.#dice = dice;
    this.#draw = new WeightedDraw(list, dice);
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
    const first = this.#draw.next();
    const second = this.#otherThan(first);
    const lesser = this.#isLess(second, first) ? second : first;
    if (list.takes(lesser, health, moment, not)) return list.at(lesser);
    const greater = lesser === first ? second : first;
    if (list.takes(greater, health, moment, not)) return list.at(greater);
    const found = this.#draw.nextIn(health, not);
    return list.at(found < 0 ? list.other(lesser, not) : found);
  }

  /** A second draw by weight would mostly be the first again where one endpoint has most of the weight. */
  #otherThan(index: number): number {
    const { length } = this.#list;
    if (length === 1) return index;
    const other = index + 1 + this.#dice.below(length - 1);
    return other < length ? other : other - length;
  }

  #isLess(a: number, b: number): boolean {
    const { endpoints, weights } = this.#list;
    return endpoints[a]!.active * weights[b]! < endpoints[b]!.active * weights[a]!;
  }
}
