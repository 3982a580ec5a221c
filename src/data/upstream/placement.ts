import type { Expiring } from '../../base/deadlines.ts';
import { type FailureName, failures } from '../../model/failures.ts';
import { isOut, lifeOf, tellNothing, tellSuccess } from '../../table/health-words.ts';
import { shardWord } from '../../table/shard-words.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { ClientFacts } from '../seam.ts';
import type { Shard } from '../shard.ts';
import type { BackendState } from './backend-state.ts';
import type { EndpointState, WireWaiter } from './endpoint-state.ts';
import { isFailing, reportFailure } from './report-health.ts';
import { judgeRetry } from './retry-rule.ts';
import { Wire, type WireTaker } from './wire.ts';

/** The exchange, as its placement sees it: `wireConnected` tells of a place, idle or new. */
export interface PlacementTaker extends WireTaker {
  /** There is no place. */
  unplaced(failure: FailureName): void;
}

/**
 * Where a request goes: which endpoint of its backend, over which connection, and what became of it there. One per
 * exchange, used again for each of its requests.
 *
 *   seek ─► pick ─┬─► an idle connection ───────────────────────────┐
 *    ▲            ├─► a new one, where there is room ──► connecting ─┼─► wireConnected
 *    │            └─► the queue of the endpoint ──► its turn ────────┘
 *    └─ retry, once ──────────────────────────────────────────────── fail
 */
export class Placement implements WireWaiter, Expiring {
  deadlineMs = Number.POSITIVE_INFINITY;
  deadlineIndex = -1;
  next: WireWaiter | undefined = undefined;
  previous: WireWaiter | undefined = undefined;
  queued = false;
  endpoint: EndpointState | undefined;
  /** The connection that carries the request, or is being opened for it. */
  wire: Wire | undefined;
  readonly #shard: Shard;
  readonly #taker: PlacementTaker;
  #backend!: BackendState;
  #head!: RequestHead;
  #client!: ClientFacts;
  /** It has been sent to another endpoint: that happens once. */
  #moved = false;
  /** After a connection that was stale the others of the pool are suspect too. */
  #anew = false;
  /** `lifeOf` the endpoint when it was picked. */
  #life = 0;
  /** The endpoint was known to be failing when it was picked. */
  #probing = false;
  /** What the attempt says of the endpoint has been told. */
  #told = false;
  /** The bound connection of this client that waits for its next request. */
  #kept: Wire | undefined;

  constructor(shard: Shard, taker: PlacementTaker) {
    this.#shard = shard;
    this.#taker = taker;
  }

  get needsNew(): boolean {
    return this.#anew || this.#backend.policy.proxyProtocol !== 'off';
  }

  /** A request for this backend: its first attempt. */
  seek(backend: BackendState, head: RequestHead, client: ClientFacts): void {
    this.#backend = backend;
    this.#head = head;
    this.#client = client;
    this.#moved = false;
    backend.budget.countRequest(this.#shard.nowMs);
    const endpoint = this.#pick(undefined);
    if (endpoint === undefined) this.#taker.unplaced('no-endpoint');
    else this.#approach(endpoint, false);
  }

  /** `not`: the endpoint that has just failed. */
  #pick(not: EndpointState | undefined): EndpointState | undefined {
    const { health, healthMoment } = this.#shard;
    return this.#backend.picker.pick(this.#head, this.#client, health, healthMoment, not);
  }

  #approach(endpoint: EndpointState, anew: boolean): void {
    const { health, settings } = this.#shard;
    this.endpoint = endpoint;
    this.#anew = anew;
    endpoint.active++;
    this.#life = lifeOf(health, endpoint.slot);
    this.#probing = isOut(health, endpoint.slot);
    this.#told = false;
    const idle = anew ? undefined : this.#takeIdle(endpoint);
    if (idle !== undefined) this.#use(idle);
    else if (endpoint.makeRoom(settings.upstreamConnectionLimit)) this.#open(endpoint);
    else if (endpoint.waiting.length < settings.upstreamQueueLimit) this.#wait(endpoint);
    else this.#turnAway(endpoint);
  }

  /** Nor may it wait there: another endpoint gets it, once. It has gone nowhere yet, so the budget is not asked. */
  #turnAway(endpoint: EndpointState): void {
    this.#leaveEndpoint();
    const other = this.#moved ? undefined : this.#pick(endpoint);
    this.#moved = true;
    if (other === undefined) this.#taker.unplaced('upstream-busy');
    else this.#approach(other, this.#anew);
  }

  #takeIdle(endpoint: EndpointState): Wire | undefined {
    const { proxyProtocol } = this.#backend.policy;
    if (proxyProtocol === 'off') return endpoint.takeIdle();
    const kept = this.#kept;
    if (kept?.resting !== true || kept.endpoint !== endpoint || kept.proxyProtocol !== proxyProtocol) return undefined;
    endpoint.takeBound(kept);
    return kept;
  }

  #use(wire: Wire): void {
    wire.attach(this.#taker);
    this.wire = wire;
    this.#taker.wireConnected(wire);
  }

  #open(endpoint: EndpointState): void {
    this.wire = new Wire(this.#shard, endpoint, this.#taker, this.#backend.policy.proxyProtocol);
  }

  // ── the queue ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #wait(endpoint: EndpointState): void {
    const { deadlines, nowMs, settings, words } = this.#shard;
    this.deadlineMs = nowMs + settings.upstreamQueueMs;
    deadlines.add(this);
    endpoint.waiting.push(this);
    words[shardWord.upstreamWaiting]++;
  }

  #endWait(): void {
    this.#shard.deadlines.remove(this);
    this.#shard.words[shardWord.upstreamWaiting]--;
  }

  serve(wire: Wire | undefined): void {
    this.#endWait();
    if (wire === undefined) this.#open(this.endpoint as EndpointState);
    else this.#use(wire);
  }

  moveOn(): void {
    const backend = this.#shard.backends.current(this.#backend);
    if (backend === this.#backend) return;
    this.#leaveQueue();
    this.#leaveEndpoint();
    this.#backend = backend;
    const endpoint = this.#pick(undefined);
    if (endpoint === undefined) this.#taker.unplaced('no-endpoint');
    else this.#approach(endpoint, this.#anew);
  }

  expire(): void {
    this.#shard.enter('timer', this.#taker);
    this.#leaveQueue();
    this.#taker.unplaced('upstream-busy');
    this.#shard.leave();
  }

  #leaveQueue(): void {
    if (!this.queued) return;
    this.endpoint?.waiting.remove(this);
    this.#endWait();
  }

  // ── what became of it ──────────────────────────────────────────────────────────────────────────────────────────────

  /** The head of the answer. A 5xx counts at once, a good answer when it is whole; but nobody waits for a probe's end. */
  answered(status: number): void {
    if (isFailing(status)) this.#reportFailure(false);
    else if (this.#probing) this.#reportSuccess();
  }

  /** What the client must be told for its next request to come to the same endpoint. */
  answerLines(): Buffer | undefined {
    return this.#backend.affinity?.answerLines(this.#head, this.endpoint as EndpointState);
  }

  /** The answer is whole, or the connection has become a tunnel. */
  succeeded(): void {
    if (!this.#told) this.#reportSuccess();
  }

  /**
   * The attempt failed. True: another one may follow, with `retry`. `repeatable`: an endpoint that may have seen the
   * request may see it again. `begun`: the client has part of the answer.
   */
  failed(failure: FailureName, repeatable: boolean, begun: boolean): boolean {
    const { reused, answering, ownFault } = this.wire as Wire;
    this.wire = undefined;
    const stale = failure === 'upstream-closed-early' && reused && !answering;
    if (!this.#told && !ownFault && !stale) this.#reportFailure(failures[failure].retry === 'safe');
    if (begun || this.#moved) return false;
    const verdict = judgeRetry({ failure, reused, answering, repeatable, probing: this.#probing });
    return verdict === 'free' || (verdict === 'budget' && this.#takeFromBudget());
  }

  #takeFromBudget(): boolean {
    const { nowMs, settings, words } = this.#shard;
    if (this.#backend.budget.take(nowMs, settings.retryBudgetPercent)) return true;
    words[shardWord.retriesDenied]++;
    return false;
  }

  /**
   * Once more, at another endpoint of those that there are now. A stale connection is replaced where there is no other endpoint, or where the client
   * has its session at this one.
   */
  retry(failure: FailureName): void {
    const endpoint = this.endpoint as EndpointState;
    const stale = failures[failure].retry === 'if-reused';
    this.#leaveEndpoint();
    this.#backend = this.#shard.backends.current(this.#backend);
    const stays = stale && this.#backend.affinity !== undefined;
    const other = stays ? undefined : this.#pick(endpoint);
    if (other === undefined && !stale) return this.#taker.unplaced(failure);
    this.#moved = other !== undefined;
    this.#shard.words[shardWord.retries]++;
    this.#approach(other ?? endpoint, true);
  }

  #reportSuccess(): void {
    this.#told = true;
    tellSuccess(this.#shard.health, (this.endpoint as EndpointState).slot, this.#life);
  }

  #reportFailure(atOnce: boolean): void {
    this.#told = true;
    reportFailure(this.#shard, this.#backend, this.endpoint as EndpointState, this.#life, atOnce);
  }

  // ── the end ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The answer is whole and its connection has gone its own way: back to the pool, or closed. */
  release(): void {
    const { wire } = this;
    this.wire = undefined;
    if (wire?.bound !== true || !wire.resting || wire === this.#kept) return;
    this.#kept?.destroy();
    this.#kept = wire;
  }

  /** Whatever is under way ends now. */
  abandon(): void {
    this.#leaveQueue();
    this.wire?.destroy();
    this.wire = undefined;
  }

  /** The exchange has ended, however it did. */
  settle(): void {
    this.#leaveQueue();
    this.#leaveEndpoint();
  }

  #leaveEndpoint(): void {
    const { endpoint } = this;
    if (endpoint === undefined) return;
    endpoint.active--;
    this.endpoint = undefined;
    tellNothing(this.#shard.health, endpoint.slot, this.#life, this.#shard.healthMoment);
  }

  /** The client has gone: nobody else may use what is bound to it. */
  clientGone(): void {
    this.#kept?.destroy();
    this.#kept = undefined;
  }

  /** Code that serves it has thrown. */
  destroy(): void {
    this.#taker.destroy();
  }
}
