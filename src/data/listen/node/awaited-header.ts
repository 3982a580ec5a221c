import type { Socket } from 'node:net';
import { ByteStash } from '../../../base/byte-stash.ts';
import type { Expiring } from '../../../base/deadlines.ts';
import { shardWord } from '../../../table/shard-words.ts';
import { REFUSED } from '../../http1/reading.ts';
import type { ClientConnection, Shard } from '../../shard.ts';
import { ProxyHeader, readProxyHeader } from '../proxy-protocol/proxy-header.ts';
import { ProxiedClient, SocketClient } from './client-facts.ts';
import { Connection } from './connection.ts';
import type { ByteTaker, SharedReads } from './shared-reads.ts';

/** The specification asks for at least 3 s, so that a lost packet can be sent again. */
const HEADER_TIMEOUT_MS = 5000;

/**
 * A connection whose PROXY header has not come yet. When it is whole, a `Connection` takes the socket over, with the
 * client that the header names and whatever bytes came behind it; anything else ends the connection.
 */
export class AwaitedHeader implements ByteTaker, ClientConnection, Expiring {
  deadlineMs: number;
  deadlineIndex = -1;
  readonly #shard: Shard;
  readonly #reads: SharedReads;
  readonly #socket: Socket;
  readonly #port: number;
  readonly #stash = new ByteStash();
  #done = false;

  /** `port`: where the listener listens. */
  constructor(shard: Shard, reads: SharedReads, port: number) {
    const { socket } = reads;
    this.#shard = shard;
    this.#reads = reads;
    this.#socket = socket;
    this.#port = port;
    this.deadlineMs = shard.nowMs + HEADER_TIMEOUT_MS;
    shard.deadlines.add(this);
    shard.connections.add(this);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onGone);
    socket.on('close', this.#onGone);
  }

  onBytes(bytes: Buffer, size: number): boolean {
    this.#shard.enter('client-bytes', this);
    this.#shard.words[shardWord.bytesIn] += size;
    if (this.#stash.length === 0) this.#read(bytes, size);
    else {
      this.#stash.append(bytes, 0, size);
      this.#read(this.#stash.peek(), this.#stash.length);
    }
    this.#shard.leave();
    return !this.#socket.isPaused();
  }

  #read(bytes: Buffer, end: number): void {
    const header = new ProxyHeader();
    const after = readProxyHeader(header, bytes, 0, end);
    if (after >= 0) this.#handOver(header, bytes.subarray(after, end));
    else if (after === REFUSED) this.#refuse();
    else if (this.#stash.length === 0) this.#stash.append(bytes, 0, end);
  }

  #handOver(header: ProxyHeader, rest: Buffer): void {
    const shard = this.#shard;
    const socket = this.#socket;
    this.#done = true;
    socket.off('end', this.#onEnd).off('error', this.#onGone).off('close', this.#onGone);
    shard.deadlines.remove(this);
    shard.connections.delete(this);
    const client = header.proxied
      ? new ProxiedClient(header, shard.trustedProxies)
      : new SocketClient(socket, this.#port, shard.trustedProxies);
    const connection = new Connection(shard, socket, client);
    this.#reads.turnTo(connection);
    if (rest.length === 0) return;
    shard.words[shardWord.bytesIn] -= rest.length; // the connection counts what is its own
    connection.onBytes(rest, rest.length);
  }

  #refuse(): void {
    this.#shard.countFailure('proxy-header-refused');
    this.destroy();
  }

  /** A peer that says nothing at all has looked whether the port is open. */
  readonly #onEnd = (): void => {
    if (this.#stash.length > 0) this.#refuse();
    else this.destroy();
  };

  readonly #onGone = (): void => this.destroy();

  expire(): void {
    this.#refuse();
  }

  finish(): void {
    if (this.#stash.length === 0) this.destroy();
  }

  /** It has no more than a few seconds anyway. */
  hurry(): void {}

  destroy(): void {
    if (this.#done) return;
    this.#done = true;
    this.#shard.deadlines.remove(this);
    this.#socket.destroy();
    this.#shard.left(this);
  }
}
