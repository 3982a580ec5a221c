import { type Waiter, WaitQueue } from './wait-queue.ts';
import type { Wire } from './wire.ts';

/** Idle connections kept per endpoint and shard; what comes back beyond that is closed. */
const IDLE_LIMIT = 256;

/** A request that waits for a connection to an endpoint. */
export interface WireWaiter extends Waiter<WireWaiter> {
  /** It can use no connection that another has used. */
  readonly needsNew: boolean;
  /** Its turn has come: with a connection that has become free, or with room for a new one. */
  serve(wire: Wire | undefined): void;
  /** The endpoint is no longer listed: leaves the queue where there is another place to be. */
  moveOn(): void;
  /** Code that serves it has thrown. */
  destroy(): void;
}

/**
 * One endpoint as lived by one shard: its connections. The connect identity is address and port, so one pool serves
 * every backend that lists the endpoint; a connection that began with a PROXY header is bound to its client and stands
 * beside the pool. Outlives generations; ends when no backend lists it any more.
 *
 *   open ┬ connecting, or carrying an exchange
 *        ├ idle: whoever comes next takes the one that was used last
 *        └ bound and idle: only for its own client; the oldest is closed when room is needed
 *
 * Upgraded connections are not counted. Requests wait in `waiting` only while the limit is reached and nothing is idle.
 */
export class EndpointState {
  readonly address: string;
  readonly port: number;
  /** Place of its health words, or -1. */
  readonly slot: number;
  /** Backends of this shard that list it. */
  listed = 0;
  /** Requests that were sent to it, or are to be, and are not settled. */
  active = 0;
  readonly waiting = new WaitQueue<WireWaiter>();
  #open = 0;
  readonly #idle: Wire[] = [];
  readonly #bound = new Set<Wire>();

  constructor(address: string, port: number, slot: number) {
    this.address = address;
    this.port = port;
    this.slot = slot;
  }

  get retired(): boolean {
    return this.listed === 0;
  }

  /** The connection used last is the least likely to be stale. */
  takeIdle(): Wire | undefined {
    return this.#idle.pop();
  }

  /** True when one more may be opened; the idle connection that was used longest ago makes room for it. */
  makeRoom(limit: number): boolean {
    if (this.#open < limit) return true;
    const oldest: Wire | undefined = this.#idle[0] ?? this.#bound.values().next().value;
    oldest?.destroy();
    return this.#open < limit;
  }

  /** A connection that is free again. False: not wanted, close it. */
  keep(wire: Wire): boolean {
    if (this.retired || this.waiting.length > 0) return false;
    if (wire.bound) this.#bound.add(wire);
    else if (this.#idle.length < IDLE_LIMIT) this.#idle.push(wire);
    else return false;
    return true;
  }

  /** Somebody waits, and the first can use this connection. */
  isAwaited(wire: Wire): boolean {
    const { first } = this.waiting;
    return first !== undefined && !first.needsNew && !wire.bound;
  }

  /** The first that waits, where it can use this connection. */
  takeWaiter(wire: Wire): WireWaiter | undefined {
    return this.isAwaited(wire) ? this.waiting.shift() : undefined;
  }

  /** A bound connection that its client uses again. */
  takeBound(wire: Wire): void {
    this.#bound.delete(wire);
  }

  opened(): void {
    this.#open++;
  }

  /** A connection has ended or is no longer counted: the first that waits has room for its own. */
  closed(): void {
    this.#open--;
    this.waiting.shift()?.serve(undefined);
  }

  /** An idle connection that ended by itself. */
  forget(wire: Wire): void {
    if (wire.bound) return void this.#bound.delete(wire);
    const index = this.#idle.indexOf(wire);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  /** No backend lists it any more. */
  retire(): void {
    this.closeIdle();
    for (let waiter = this.waiting.first; waiter !== undefined; ) {
      const { next } = waiter;
      waiter.moveOn();
      waiter = next;
    }
  }

  /** Closes what is idle; what carries an exchange finishes it and is then not kept. */
  closeIdle(): void {
    for (const wire of [...this.#idle.splice(0), ...this.#bound]) wire.destroy();
  }
}
