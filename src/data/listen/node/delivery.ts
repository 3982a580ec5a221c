import type { Socket } from 'node:net';
import { GRACE_MS } from './upload-pace.ts';

/** The handle of a socket, as far as it counts; not documented, `net.js` watches the same figures for its own time-outs. */
interface CountingSocket {
  readonly _handle: { readonly bytesWritten: number; readonly writeQueueSize: number } | null;
}

interface Limits {
  /** Longest time without a byte taken. */
  readonly bodyTimeoutMs: number;
  /** 0: any pace will do. */
  readonly minRateBytesPerSecond: number;
}

/**
 * Whether a client takes what it is sent. It is looked at only while our own buffers hold bytes that the kernel could
 * not take, so a client that keeps up costs nothing.
 *
 * Too slow is who has not taken the bytes by the moment at which the least rate would have (as Kestrel has it with
 * MinResponseDataRate). What the kernel holds counts as taken, and it asks for more in large steps: a pace close to the
 * least rate cannot be told from a standstill, which has a limit of its own.
 */
export class Delivery {
  readonly #socket: CountingSocket;
  readonly #limits: Limits;
  /** Bytes handed over when it was last looked at. */
  #handed = 0;
  /** When all of them must be taken. */
  #dueMs = 0;
  #sinceMs = 0;
  #taken = 0;
  /** When `#taken` was last seen to grow. */
  #movedMs = 0;

  constructor(socket: Socket, limits: Limits) {
    this.#socket = socket as unknown as CountingSocket;
    this.#limits = limits;
  }

  /** From here on any pace will do, for a connection that carries another protocol. */
  exempt(): void {
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  /** The client is waited for from now on; returns when to `check`. */
  begin(nowMs: number): number {
    this.#sinceMs = nowMs;
    this.#movedMs = nowMs;
    this.#look(nowMs);
    return this.#limitMs;
  }

  /** When to check again; not later than `nowMs` when it must be given up. */
  check(nowMs: number): number {
    this.#look(nowMs);
    return this.#limitMs;
  }

  /** Why, after `check`. */
  isTooSlow(nowMs: number): boolean {
    return nowMs >= this.#paceLimitMs;
  }

  #look(nowMs: number): void {
    const handle = this.#socket._handle;
    if (handle === null) return;
    const { bytesWritten: handed, writeQueueSize } = handle;
    const taken = handed - writeQueueSize;
    if (taken > this.#taken) this.#movedMs = nowMs;
    this.#taken = taken;
    this.#dueMs = Math.max(this.#dueMs, nowMs) + this.#fairMs(handed - this.#handed);
    this.#handed = handed;
  }

  #fairMs(bytes: number): number {
    const rate = this.#limits.minRateBytesPerSecond;
    return rate === 0 ? Number.POSITIVE_INFINITY : (bytes * 1000) / rate;
  }

  get #paceLimitMs(): number {
    return Math.max(this.#dueMs, this.#sinceMs + GRACE_MS);
  }

  get #limitMs(): number {
    return Math.min(this.#movedMs + this.#limits.bodyTimeoutMs, this.#paceLimitMs);
  }
}
