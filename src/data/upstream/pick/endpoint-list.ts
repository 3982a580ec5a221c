import { isAvailable, isOut } from '../../../table/health-words.ts';
import type { EndpointState } from '../endpoint-state.ts';

/**
 * The endpoints of one backend as every policy sees them: in a fixed order, with their weights. Those that are out are
 * passed over, unless all of them are: then the marks are doubted, not the backend. (For its answers at most half of a
 * backend is left out; who takes no connection would be asked in vain.)
 */
export class EndpointList {
  readonly endpoints: readonly EndpointState[];
  /** In the order of the endpoints, from 1 on. */
  readonly weights: Int32Array;
  /** All weights are the same. */
  readonly even: boolean;
  #doubted = false;
  /** A moment is never 0. */
  #countedAt = 0;

  constructor(endpoints: readonly EndpointState[], weights: readonly number[]) {
    this.endpoints = endpoints;
    this.weights = Int32Array.from(weights);
    this.even = weights.every((weight) => weight === weights[0]);
  }

  get length(): number {
    return this.endpoints.length;
  }

  /**
   * True: the request must go there, since it may be the probe of an endpoint that is out. `not` has just failed it; a
   * second attempt is no probe, so that it does not fail as well.
   */
  takes(index: number, health: Int32Array, moment: number, not: EndpointState | undefined): boolean {
    const endpoint = this.endpoints[index] as EndpointState;
    if (endpoint === not) return false;
    const good = not === undefined ? isAvailable(health, endpoint.slot, moment) : !isOut(health, endpoint.slot);
    return good || this.#doubtsMarks(health, moment);
  }

  /** Nothing is known against it. */
  isIn(index: number, health: Int32Array, not: EndpointState | undefined): boolean {
    const endpoint = this.endpoints[index] as EndpointState;
    return endpoint !== not && !isOut(health, endpoint.slot);
  }

  /** Where none is in: the next one from `from` on that has not just failed the request. −1: there is no other. */
  other(from: number, not: EndpointState | undefined): number {
    const { endpoints } = this;
    for (let i = 0; i < endpoints.length; i++) {
      const index = (from + i) % endpoints.length;
      if (endpoints[index] !== not) return index;
    }
    return -1;
  }

  at(index: number): EndpointState | undefined {
    return index < 0 ? undefined : this.endpoints[index];
  }

  /** Counted once a moment, and only when an endpoint was out: picks stay flat in a large backend. */
  #doubtsMarks(health: Int32Array, moment: number): boolean {
    if (this.#countedAt === moment) return this.#doubted;
    let doubted = true;
    for (const { slot } of this.endpoints) doubted &&= isOut(health, slot);
    this.#countedAt = moment;
    this.#doubted = doubted;
    return doubted;
  }
}
