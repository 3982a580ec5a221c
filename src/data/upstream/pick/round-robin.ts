import type { Dice } from '../../../base/dice.ts';
import type { RequestHead } from '../../http1/request-head.ts';
import type { ClientFacts } from '../../seam.ts';
import type { EndpointState } from '../endpoint-state.ts';
import type { EndpointList } from './endpoint-list.ts';
import type { Picker } from './picker.ts';

/** One after the other. Each shard begins somewhere else, so that the first endpoint is not the first of all shards. */
export class RoundRobin implements Picker {
  readonly #list: EndpointList;
  #turn: number;

  constructor(list: EndpointList, dice: Dice) {
    this.#list = list;
    this.#turn = dice.below(list.length);
  }

  pick(
    _head: RequestHead,
    _client: ClientFacts,
    health: Int32Array,
    moment: number,
    not: EndpointState | undefined,
  ): EndpointState | undefined {
    const list = this.#list;
    for (let i = 0; i < list.length; i++) {
      const index = this.#turn;
      this.#turn = index + 1 < list.length ? index + 1 : 0;
      if (list.takes(index, health, moment, not)) return list.at(index);
    }
    return list.at(list.other(this.#turn, not));
  }
}
