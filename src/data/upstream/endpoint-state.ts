import type { Wire } from './wire.ts';

/** Idle connections kept per endpoint and shard; what comes back beyond that is closed. */
const IDLE_LIMIT = 256;

/**
 * One endpoint as lived by one shard: its connection pool. The connect identity is address and port for now, so one
 * pool serves every backend that lists the endpoint. Outlives generations; ends when no backend lists it any more.
 */
export class EndpointState {
  readonly address: string;
  readonly port: number;
  /** Index of its health word, or -1. */
  readonly slot: number;
  /** Backends of this shard that list it. */
  listed = 0;
  /** Requests that were sent to it, or are to be, and are not settled. */
  active = 0;
  readonly #idle: Wire[] = [];

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

  /** False: not wanted, close it. */
  keepIdle(wire: Wire): boolean {
    if (this.retired || this.#idle.length >= IDLE_LIMIT) return false;
    this.#idle.push(wire);
    return true;
  }

  /** An idle connection that ended by itself. */
  forget(wire: Wire): void {
    const index = this.#idle.indexOf(wire);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  /** Closes what waits; what carries an exchange finishes it and is then not kept. */
  closeIdle(): void {
    for (const wire of this.#idle.splice(0)) wire.destroy();
  }
}
