import type { Socket } from 'node:net';
import type { Expiring } from '../../../base/deadlines.ts';
import type { Shard } from '../../shard.ts';
import type { Delivery } from './delivery.ts';

/** After our last byte the client may send this much more, for this long, before it is cut. */
const LINGER_MS = 2000;
const LINGER_LIMIT_BYTES = 1024 * 1024;

/**
 * The end of a connection on which the client may still be sending: our direction is closed first, and what comes is
 * read and dropped, or a reset may overtake the answer (RFC 9112, 9.6).
 */
export class LingeringClose implements Expiring {
  deadlineMs = Number.POSITIVE_INFINITY;
  deadlineIndex = -1;
  readonly #shard: Shard;
  readonly #socket: Socket;
  readonly #delivery: Delivery;
  /** Closes the socket, and calls `stop`. */
  readonly #close: () => void;
  /** The kernel has all that we have to say. */
  #written = false;
  #clientEnded: boolean;
  #droppedBytes = 0;

  constructor(shard: Shard, socket: Socket, delivery: Delivery, clientEnded: boolean, close: () => void) {
    this.#shard = shard;
    this.#socket = socket;
    this.#delivery = delivery;
    this.#clientEnded = clientEnded;
    this.#close = close;
    shard.deadlines.add(this);
  }

  begin(): void {
    if (this.#clientEnded && this.#socket.writableLength === 0) return this.#close();
    this.deadlineMs = this.#delivery.begin(this.#shard.nowMs);
    this.#socket.end(() => this.#onWritten());
    this.#socket.resume();
  }

  #onWritten(): void {
    this.#written = true;
    if (this.#clientEnded) this.#close();
    else this.deadlineMs = this.#shard.nowMs + LINGER_MS;
  }

  /** The socket is closed. */
  stop(): void {
    this.#shard.deadlines.remove(this);
  }

  drop(bytes: number): void {
    this.#droppedBytes += bytes;
    if (this.#droppedBytes > LINGER_LIMIT_BYTES) this.#close();
  }

  clientEnded(): void {
    this.#clientEnded = true;
    if (this.#written) this.#close();
  }

  expire(): void {
    this.#shard.enter('timer', this);
    if (this.#written) this.#close();
    else this.#checkDelivery();
    this.#shard.leave();
  }

  #checkDelivery(): void {
    const { nowMs } = this.#shard;
    this.deadlineMs = this.#delivery.check(nowMs);
    if (this.deadlineMs > nowMs) return;
    this.#shard.countFailure(this.#delivery.isTooSlow(nowMs) ? 'client-too-slow' : 'client-gone');
    this.#close();
  }

  destroy(): void {
    this.#close();
  }
}
