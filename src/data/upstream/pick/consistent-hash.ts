import { endpointText } from '../../../model/snapshot.ts';
import { finish } from '../../../table/text-hash.ts';
import type { RequestHead } from '../../http1/request-head.ts';
import type { ClientFacts } from '../../seam.ts';
import type { EndpointState } from '../endpoint-state.ts';
import type { EndpointList } from './endpoint-list.ts';
import { hashText } from './key-hash.ts';
import type { Picker } from './picker.ts';
import { NO_KEY, type RequestKey } from './request-key.ts';

/** The same in every replica and for every number of endpoints, or keys would move without need. A power of two. */
const BUCKETS = 1 << 16;
/** An owner + 1 fits into two bytes below it. */
const SMALL = 0xffff;

/**
 * Rendezvous hashing (Thaler and Ravishankar 1998, weighted as Schindelhauer and Schomaker 2005): a key belongs to the
 * endpoint with the highest score for its bucket, which depends on nothing but the two. When an endpoint leaves, its keys
 * alone move, spread over all others; when one comes, it takes what is now its own and nothing else moves.
 *
 *   key ── hash ──► one of 65,536 buckets ── highest score, found once and kept ──► endpoint
 *
 * Chosen by figures. Busiest of 10, 100 and 1,000 equal endpoints, as a multiple of the mean: 1.03, 1.12, 1.50; a ring
 * with 160 points each has 1.16, 1.19, 1.38, and the points of 1,000 endpoints take 60 ms to sort whenever one of them
 * changes, where here nothing is built. Maglev's table moves keys without need, unless it is far larger.
 */
export class ConsistentHash implements Picker {
  readonly #list: EndpointList;
  readonly #key: RequestKey;
  readonly #fallback: Picker;
  /** Two hashes of each endpoint: with one alone two endpoints of 1,000 would be the same in one backend of 10,000. */
  readonly #first: Int32Array;
  readonly #second: Int32Array;
  /** Owner of each bucket + 1; 0: not asked for yet. */
  readonly #owners: Uint16Array | Int32Array;

  constructor(list: EndpointList, key: RequestKey, fallback: Picker) {
    this.#list = list;
    this.#key = key;
    this.#fallback = fallback;
    this.#owners = list.length < SMALL ? new Uint16Array(BUCKETS) : new Int32Array(BUCKETS);
    this.#first = Int32Array.from(list.endpoints, (endpoint) => hashText(endpointText(endpoint)));
    this.#second = Int32Array.from(list.endpoints, (endpoint) => hashText(`${endpointText(endpoint)} second`));
  }

  pick(
    head: RequestHead,
    client: ClientFacts,
    health: Int32Array,
    moment: number,
    not: EndpointState | undefined,
  ): EndpointState | undefined {
    const list = this.#list;
    const key = this.#key(head, client);
    if (key === NO_KEY || list.length === 0) return this.#fallback.pick(head, client, health, moment, not);
    const bucket = key & (BUCKETS - 1);
    const owner = this.#ownerOf(bucket);
    if (list.takes(owner, health, moment, not)) return list.at(owner);
    const next = this.#highest(bucket, health, not);
    return list.at(next < 0 ? list.other(owner, not) : next);
  }

  #ownerOf(bucket: number): number {
    const known = this.#owners[bucket]!;
    if (known > 0) return known - 1;
    const owner = this.#highest(bucket, undefined, undefined);
    this.#owners[bucket] = owner + 1;
    return owner;
  }

  /** Among all, or among those that are in; −1: none is. Of equal scores the first counts: the list is sorted. */
  #highest(bucket: number, health: Int32Array | undefined, not: EndpointState | undefined): number {
    const { length } = this.#list;
    let highest = -Infinity;
    let found = -1;
    for (let index = 0; index < length; index++) {
      if (health !== undefined && !this.#list.isIn(index, health, not)) continue;
      const score = this.#score(index, bucket);
      if (score <= highest) continue;
      highest = score;
      found = index;
    }
    return found;
  }

  /** A draw that is the same everywhere: the highest is `index` as often as its share of the weights says. */
  #score(index: number, bucket: number): number {
    const hash = finish(finish(this.#first[index]! ^ Math.imul(bucket + 1, 0x9e37_79b1)) ^ this.#second[index]!) >>> 0;
    return this.#list.even ? hash : -this.#list.weights[index]! / Math.log((hash + 0.5) / 2 ** 32);
  }
}
