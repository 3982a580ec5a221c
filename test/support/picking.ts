import type { Dice } from '../../src/base/dice.ts';
import { RequestHead, readRequestHead } from '../../src/data/http1/request-head.ts';
import type { ClientFacts } from '../../src/data/seam.ts';
import { type BackendState, newBackendState } from '../../src/data/upstream/backend-state.ts';
import { EndpointState } from '../../src/data/upstream/endpoint-state.ts';
import { RetryBudget } from '../../src/data/upstream/retry-budget.ts';
import { type Balancing, defaultPolicy, roundRobin } from '../../src/model/backend-policy.ts';
import { isAvailable, isOut, leaveOut, lifeOf, tellSuccess } from '../../src/table/health-words.ts';
import { seededDice } from './dice.ts';

const HEALTH_WORDS_PER_SLOT = 4;
export const NOW = 5001;
export const OUT_MS = 100;

/** A judged head with these header lines. */
export function headOf(...lines: readonly string[]): RequestHead {
  const head = new RequestHead();
  const bytes = Buffer.from(`${['GET / HTTP/1.1', 'Host: a.test', ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
  const limits = { headLimitBytes: 65_536, targetLimitBytes: 8192, headerLimit: 100 };
  const read = readRequestHead(head, bytes, 0, bytes.length, limits);
  if (read !== bytes.length) throw new Error(`not a head: ${bytes.toString('latin1')}`);
  return head;
}

/** Addresses of 127.0.0.0/8 are those of trusted proxies. */
const isTrusted = (address: string): boolean => address.startsWith('127.');

export const clientAt = (address: string): ClientFacts => ({
  address,
  port: 40_000,
  localAddress: '127.0.0.1',
  localPort: 80,
  trusted: isTrusted(address),
  forwardedLines: Buffer.alloc(0),
});

export const diceOf = (seed: number): Dice => ({ below: seededDice(seed), seed: () => seed });

export interface Asked {
  readonly head?: RequestHead;
  readonly address?: string;
  readonly not?: EndpointState | undefined;
}

const plainHead = headOf();

/** One backend as one shard sees it, with the health words of its endpoints. */
export class Picking {
  readonly backend: BackendState;
  readonly health: Int32Array;
  /** Milliseconds; odd, as moments are. */
  moment = NOW;

  constructor(
    endpoints: readonly EndpointState[],
    { balancing = {}, weights = endpoints.map(() => 1), seed = 1 }: PickingOptions = {},
  ) {
    const policy = { ...defaultPolicy, balancing: { ...roundRobin, ...balancing } };
    const parts = { id: 0, key: 'default/web:80', revision: 1, policy, endpoints, weights, budget: new RetryBudget() };
    this.backend = newBackendState(parts, { dice: diceOf(seed), trustedProxies: { has: isTrusted } });
    const slots = endpoints.map(({ slot }) => slot + 1);
    this.health = new Int32Array(Math.max(0, ...slots) * HEALTH_WORDS_PER_SLOT);
  }

  get endpoints(): readonly EndpointState[] {
    return this.backend.endpoints;
  }

  pick({ head = plainHead, address = '10.0.0.1', not }: Asked = {}): EndpointState | undefined {
    return this.backend.picker.pick(head, clientAt(address), this.health, this.moment, not);
  }

  /** Index of the endpoint; −1: none. */
  index(asked: Asked = {}): number {
    const picked = this.pick(asked);
    return picked === undefined ? -1 : this.endpoints.indexOf(picked);
  }

  /** How often each is picked. */
  counts(picks: number, asked: (turn: number) => Asked = () => ({})): number[] {
    const counts = this.endpoints.map(() => 0);
    for (let turn = 0; turn < picks; turn++) counts[this.index(asked(turn))]!++;
    return counts;
  }

  /** Out for OUT_MS from now on. */
  leaveOut(...indices: readonly number[]): void {
    for (const index of indices) {
      const { slot } = this.endpoints[index] as EndpointState;
      const life = lifeOf(this.health, slot);
      leaveOut(this.health, slot, { life, moment: this.moment, maxMs: OUT_MS, luck: 0 });
    }
  }

  bringBack(...indices: readonly number[]): void {
    for (const index of indices) {
      const { slot } = this.endpoints[index] as EndpointState;
      tellSuccess(this.health, slot, lifeOf(this.health, slot));
    }
  }

  /** Its time out is over, and nobody has claimed the probe. */
  isDue(index: number): boolean {
    return isAvailable(this.health.slice(), (this.endpoints[index] as EndpointState).slot, this.moment);
  }

  isOut(index: number): boolean {
    return isOut(this.health, (this.endpoints[index] as EndpointState).slot);
  }
}

export interface PickingOptions {
  readonly balancing?: Partial<Balancing>;
  readonly weights?: readonly number[];
  /** Of the dice. */
  readonly seed?: number;
}

/** `10.1.0.0:8080` and so on. */
export const endpointsOf = (count: number, slotOf = (index: number): number => index): EndpointState[] =>
  Array.from({ length: count }, (_, i) => new EndpointState(`10.1.${i >> 8}.${i & 255}`, 8080, slotOf(i)));
