import type { Clock, Timer } from '../../base/clock.ts';
import type { Dice } from '../../base/dice.ts';
import { TokenBuckets } from '../../base/token-buckets.ts';
import type { Ingress, PublishedAddress } from '../../model/objects.ts';
import type { Log } from '../../observe/log.ts';
import type { ClusterApi } from '../cluster/api.ts';
import { type Job, type Send, WriteLane } from '../leader/write-lane.ts';
import type { ObjectReader, StoreChange } from '../object-reader.ts';
import type { FollowAddresses } from './address-source.ts';
import {
  applyStatus,
  claimOf,
  type IngressName,
  type Judgement,
  readTarget,
  type StatusEnd,
  type StatusTarget,
  targetOf,
} from './apply-status.ts';
import { sameAddresses, settled, wantedAddresses } from './published-address.ts';
import { type Notes, PublishedMemory } from './published-memory.ts';

export interface StatusWriterParts {
  readonly api: ClusterApi;
  readonly store: ObjectReader & { onChange(listener: (change: StoreChange) => void): void };
  /** Who we are in managedFields. */
  readonly manager: string;
  /** By its class. */
  readonly isOurs: (ingress: Ingress) => boolean;
  readonly leader: Notes & { mayWrite(): boolean; onChange(listener: (leads: boolean) => void): void };
  readonly follow: FollowAddresses;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
}

export interface StatusWriterFacts {
  /** undefined: not known, or another one leads. */
  readonly addresses: readonly PublishedAddress[] | undefined;
  readonly writes: number;
  /** Writes that the API server refused for good. */
  readonly refused: number;
  /** Ingresses that are still to be looked at. */
  readonly waiting: number;
}

/** Three thousand Ingresses in half a minute; ingress-nginx allows itself five a second, the API server takes hundreds. */
const PER_SECOND = 100;
const BURST = 200;
const IN_FLIGHT = 4;
/** Of one Ingress: whoever else writes its list again and again shall not make a storm of two. */
const INGRESS_BURST = 20;
const INGRESS_PER_SECOND = 1 / 5;
const MOST_BUCKETS = 20_000;
/** Looked at in one turn of the loop. */
const SLICE = 500;
/** Objects that went away are the least of our cares. */
const MOST_GONE = 10_000;
const ASK_AGAIN_MS = 1_000;
/** What the API server refused is tried again, because rights are granted and webhooks mended. Longer each time. */
const FIRST_RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 600_000;
/** Until then: thousands of lines would say the same. */
const MOST_SAID = 10;

const keyOf = ({ namespace, name }: IngressName): string => `${namespace}/${name}`;

/**
 * Writes `status.loadBalancer` of our Ingresses, while we lead:
 *
 *   store ── changed ──► queue ──► what is to stand there? ── differs ──► lane ──► apply-status.ts
 *   addresses ── all ──────┘
 *
 * The addresses are noted on the Lease before the first of them is written anywhere, and forgotten when no Ingress can
 * have them any more.
 */
export class StatusWriter {
  readonly #parts: StatusWriterParts;
  readonly #lane: WriteLane;
  readonly #memory: PublishedMemory;
  readonly #queue = new Map<string, IngressName>();
  /** We wrote their status and do not see them any more: they are deleted, or out of the namespaces and labels that we read. */
  readonly #gone = new Map<string, IngressName>();
  /** Version that our last write was built on. The store has it until the watch tells of the write. */
  readonly #written = new Map<string, string>();
  readonly #buckets = new TokenBuckets({ perSecond: INGRESS_PER_SECOND, burst: INGRESS_BURST, most: MOST_BUCKETS });
  /** They were written too often and wait. */
  readonly #slowed = new Map<string, Timer>();
  #following: { stop(): Promise<void> } | undefined;
  #told: readonly PublishedAddress[] | undefined;
  #published: readonly PublishedAddress[] | undefined;
  #noting = false;
  /** Every Ingress is being looked at, and all has gone well so far. */
  #round = false;
  #running = 0;
  #leads = false;
  #writes = 0;
  #refused = 0;
  #refusedSinceRetry = 0;
  #retryMs = FIRST_RETRY_MS;
  #retry: Timer | undefined;

  constructor(parts: StatusWriterParts) {
    const { api, clock, dice, log, leader } = parts;
    this.#parts = parts;
    this.#memory = new PublishedMemory(leader);
    this.#lane = new WriteLane({
      ...{ api, clock, dice, log, inFlight: IN_FLIGHT, perSecond: PER_SECOND, burst: BURST },
      mayWrite: () => leader.mayWrite(),
      next: () => this.#next(),
    });
  }

  /** The store is whole: what it does not say is not there. */
  start(): void {
    const { store, leader } = this.#parts;
    store.onChange((change) => this.#changed(change));
    leader.onChange((leads) => this.#lead(leads));
    this.#lead(leader.mayWrite());
  }

  facts(): StatusWriterFacts {
    return {
      addresses: this.#published,
      writes: this.#writes,
      refused: this.#refused,
      waiting: this.#queue.size + this.#slowed.size,
    };
  }

  async stop(): Promise<void> {
    this.#lead(false);
    await this.#lane.stop();
  }

  #lead(leads: boolean): void {
    if (leads === this.#leads) return;
    this.#leads = leads;
    for (const timer of this.#slowed.values()) timer.cancel();
    for (const one of [this.#queue, this.#gone, this.#written, this.#slowed]) one.clear();
    void this.#following?.stop();
    this.#following = undefined;
    this.#published = undefined;
    this.#told = undefined;
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#refusedSinceRetry = 0;
    this.#retryMs = FIRST_RETRY_MS;
    if (!leads) return;
    this.#memory.recall();
    this.#lookAtAll();
    this.#following = this.#parts.follow((addresses) => this.#tell(addresses));
  }

  #tell(addresses: readonly PublishedAddress[]): void {
    const list = settled(addresses);
    if (!this.#leads || (this.#told !== undefined && sameAddresses(this.#told, list))) return;
    this.#told = list;
    void this.#publish();
  }

  /** Until what is published is what was last told. */
  async #publish(): Promise<void> {
    if (this.#noting) return;
    this.#noting = true;
    while (this.#leads && this.#told !== undefined && this.#told !== this.#published) {
      const addresses = this.#told;
      if (!(await this.#memory.add(addresses))) break;
      if (addresses !== this.#told) continue;
      this.#published = addresses;
      this.#parts.log.info({ addresses }, 'addresses are published');
      this.#lookAtAll();
    }
    this.#noting = false;
    if (this.#leads && this.#told !== this.#published) this.#parts.clock.after(ASK_AGAIN_MS, () => this.#publish());
  }

  #lookAtAll(): void {
    this.#round = true;
    for (const { meta } of this.#parts.store.list('Ingress')) this.#queue.set(keyOf(meta), meta);
    this.#lane.wake();
  }

  #changed({ kinds, steps }: StoreChange): void {
    if (!this.#leads) return;
    if (kinds.has('IngressClass')) this.#lookAtAll();
    if (!kinds.has('Ingress')) return;
    for (const { kind, before, after } of steps) {
      if (kind !== 'Ingress') continue;
      if (after !== undefined) this.#queue.set(keyOf(after.meta), after.meta);
      else if (before !== undefined) this.#left(before);
    }
    this.#lane.wake();
  }

  #left({ meta, status }: Ingress): void {
    const key = keyOf(meta);
    this.#queue.delete(key);
    this.#written.delete(key);
    if (status?.writers.includes(this.#parts.manager) && this.#gone.size < MOST_GONE) this.#gone.set(key, meta);
  }

  #next(): Job | undefined {
    let looked = 0;
    for (const [key, name] of this.#queue) {
      if (looked++ === SLICE) return void this.#parts.clock.after(0, () => this.#lane.wake());
      this.#queue.delete(key);
      this.#gone.delete(key);
      const ingress = this.#parts.store.get('Ingress', name.namespace, name.name);
      if (ingress === undefined || !this.#differs(ingress)) continue;
      if (this.#mayWriteNow(key, name)) return (send) => this.#bring(targetOf(ingress), send);
    }
    for (const [key, name] of this.#gone) {
      this.#gone.delete(key);
      return (send) => this.#bringGone(name, send);
    }
    void this.#endRound();
    return undefined;
  }

  #mayWriteNow(key: string, name: IngressName): boolean {
    const { clock } = this.#parts;
    const bucket = this.#buckets.of(key, clock.now());
    if (this.#slowed.has(key)) return false;
    if (bucket.take(clock.now())) return true;
    const again = (): void => {
      this.#slowed.delete(key);
      this.#queue.set(key, name);
      this.#lane.wake();
    };
    this.#slowed.set(key, clock.after(bucket.waitMs(clock.now()), again));
    return false;
  }

  #differs(ingress: Ingress): boolean {
    const { resourceVersion } = ingress.meta;
    if (resourceVersion !== undefined && this.#written.get(keyOf(ingress.meta)) === resourceVersion) return false;
    return this.#judge(targetOf(ingress)).wanted !== undefined;
  }

  #judge({ namespace, name, status, claim }: StatusTarget): Judgement {
    const ingress = this.#parts.store.get('Ingress', namespace, name);
    // It goes to another controller, or comes from there: the watch will say so, and it is looked at again.
    if (ingress !== undefined && claim !== undefined && claim !== claimOf(ingress.className, ingress.meta.annotations))
      return { isOurs: false, wanted: undefined };
    const isOurs = ingress !== undefined && this.#parts.isOurs(ingress);
    const { wasPublished } = this.#memory;
    const facts = {
      current: status.addresses,
      weWroteIt: status.writers.includes(this.#parts.manager),
      published: this.#published,
    };
    return { isOurs, wanted: wantedAddresses({ ...facts, isOurs, wasPublished }) };
  }

  async #bringGone(name: IngressName, send: Send): Promise<void> {
    const target = await readTarget(name, send);
    if (target === undefined) this.#later(name);
    else if (target !== 'gone') await this.#bring(target, send);
  }

  async #bring(target: StatusTarget, send: Send): Promise<void> {
    this.#running++;
    const end = await applyStatus(target, this.#parts.manager, send, (one) => this.#judge(one));
    this.#running--;
    this.#take(end, target);
  }

  #take(end: StatusEnd, target: StatusTarget): void {
    const key = keyOf(target);
    if (end.kind === 'written') {
      this.#writes++;
      if (end.base !== undefined && end.base !== end.version) this.#written.set(key, end.base);
    } else if (end.kind === 'refused') {
      this.#refuse(key, end.status);
    } else if (end.kind === 'undecided') this.#later(target);
  }

  #refuse(key: string, status: number): void {
    const { clock, log } = this.#parts;
    this.#refused++;
    this.#round = false;
    if (this.#refusedSinceRetry++ < MOST_SAID) log.warn({ object: `Ingress ${key}`, status }, 'status was not taken');
    if (!this.#leads) return;
    this.#retry ??= clock.after(this.#retryMs, () => {
      this.#retry = undefined;
      this.#refusedSinceRetry = 0;
      this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
      this.#lookAtAll();
    });
  }

  #later({ namespace, name }: IngressName): void {
    if (!this.#leads) return;
    const isSeen = this.#parts.store.get('Ingress', namespace, name) !== undefined;
    (isSeen ? this.#queue : this.#gone).set(keyOf({ namespace, name }), { namespace, name });
  }

  /** Nothing is under way or waits: no Ingress has other addresses of ours than those of now. */
  async #endRound(): Promise<void> {
    if (!this.#round || this.#running + this.#slowed.size > 0 || this.#published === undefined || this.#noting) return;
    this.#round = false;
    this.#noting = true;
    await this.#memory.keepOnly(this.#published);
    this.#noting = false;
    void this.#publish();
  }
}
