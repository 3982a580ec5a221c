import type { Dice } from '../../../base/dice.ts';
import type { RequestHead } from '../../http1/request-head.ts';
import type { ClientFacts } from '../../seam.ts';
import type { EndpointState } from '../endpoint-state.ts';
import type { EndpointList } from './endpoint-list.ts';
import type { Picker } from './picker.ts';
import { WeightedDraw } from './weighted-draw.ts';

/** Drawn again so often before all endpoints are looked at. */
const DRAWS = 4;

/** Drawn by weight. */
export class Random implements Picker {
  readonly #list: EndpointList;
  readonly #draw: WeightedDraw;

  constructor(list: EndpointList, dice: Dice) {
    this.#list = list;
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
    let index = 0;
    for (let i = 0; i < DRAWS; i++) {
      index = this.#draw.next();
      if (list.takes(index, health, moment, not)) return list.at(index);
    }
    const found = this.#draw.nextIn(health, not);
    return list.at(found < 0 ? list.other(index, not) : found);
  }
}
