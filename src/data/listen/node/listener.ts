import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { AddressBlocks } from '../../../base/address-blocks.ts';
import type { Listener } from '../../../model/shard-settings.ts';
import type { Shard } from '../../shard.ts';
import type { Door } from '../gate.ts';
import { AwaitedHeader } from './awaited-header.ts';
import { SocketClient } from './client-facts.ts';
import { Connection } from './connection.ts';
import { SharedReads } from './shared-reads.ts';

const BACKLOG = 4096;
/** A port that is not free when the pause is over is tried again, first after this time. */
const RETRY_LEAST_MS = 100;
const RETRY_MOST_MS = 5000;

/**
 * Opens one listener of one shard. The kernel spreads connections over the shards (SO_REUSEPORT).
 * Rejects with the error of `listen`, which then carries `listener`.
 */
export async function openListener(shard: Shard, listener: Listener): Promise<Door> {
  try {
    return await new NodeDoor(shard, listener, listener.address).opened;
  } catch (error) {
    // `::` stands for "all addresses"; a machine without IPv6 has fewer of them.
    if (listener.address === '::' && isWithoutIpv6(error)) return new NodeDoor(shard, listener, '0.0.0.0').opened;
    throw Object.assign(error as Error, { listener });
  }
}

const isWithoutIpv6 = (error: unknown): boolean =>
  ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes((error as NodeJS.ErrnoException).code ?? '');

type State =
  | 'opening' // `listen` is called, its event has not come
  | 'listening'
  | 'paused'
  | 'retrying' // the port was not free
  | 'closed'; // terminal

/** A `net.Server` that stops and listens again at the same port; its connections do not notice. */
class NodeDoor implements Door {
  /** Resolves when it listens for the first time. */
  readonly opened: Promise<Door>;
  port: number;
  readonly #shard: Shard;
  readonly #listener: Listener;
  readonly #host: string;
  /** The peers that may connect, each with a PROXY header; undefined where everybody may, without one. */
  readonly #speakers: AddressBlocks | undefined;
  readonly #server: Server;
  #state: State = 'opening';
  #first: { resolve(door: Door): void; reject(error: Error): void } | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = RETRY_LEAST_MS;

  constructor(shard: Shard, listener: Listener, host: string) {
    const { promise, ...first } = Promise.withResolvers<Door>();
    this.opened = promise;
    this.#first = first;
    this.#shard = shard;
    this.#listener = listener;
    this.#host = host;
    this.port = listener.port;
    const { proxyProtocol, proxyProtocolFrom } = listener;
    this.#speakers = proxyProtocol === 'required' ? new AddressBlocks(proxyProtocolFrom) : undefined;
    // A high-water mark of one byte: `writableLength` and 'drain' then tell exactly when the kernel has taken everything.
    this.#server = createServer({ noDelay: true, allowHalfOpen: true, highWaterMark: 1, pauseOnConnect: true })
      .on('connection', (socket) => this.#accept(socket))
      .on('drop', () => shard.gate.refused())
      .on('listening', () => this.#onListening())
      .on('error', (error) => this.#onError(error));
    this.#listen();
  }

  refuse(everything: boolean): void {
    this.#server.maxConnections = everything ? 0 : Number.POSITIVE_INFINITY;
  }

  pause(): void {
    if (this.#state !== 'listening') return;
    this.#state = 'paused';
    this.#server.close();
  }

  resume(): void {
    if (this.#state === 'paused') this.#listen();
  }

  close(): void {
    clearTimeout(this.#retry);
    if (this.#state === 'listening') this.#server.close();
    this.#state = 'closed';
  }

  #listen(): void {
    this.#state = 'opening';
    this.#server.listen({ host: this.#host, port: this.port, reusePort: true, backlog: BACKLOG });
  }

  #onListening(): void {
    if (this.#state === 'closed') return void this.#server.close();
    this.#state = 'listening';
    this.#retryMs = RETRY_LEAST_MS;
    this.port = (this.#server.address() as AddressInfo).port;
    this.#first?.resolve(this);
    this.#first = undefined;
  }

  #onError(error: NodeJS.ErrnoException): void {
    // An accept that fails (out of descriptors) is over with it; the listener goes on.
    if (this.#state !== 'opening') return;
    this.#state = 'retrying';
    if (this.#first !== undefined) return this.#first.reject(error);
    const { name, address } = this.#listener;
    const fields = { listener: name, address, port: this.port, code: error.code, againInMs: this.#retryMs };
    this.#shard.log.warn(fields, 'listener cannot be opened again');
    this.#retry = setTimeout(() => this.#listen(), this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MOST_MS);
  }

  #accept(accepted: Socket): void {
    const shard = this.#shard;
    const reads = new SharedReads(accepted);
    const { socket } = reads;
    const peer = socket.remoteAddress;
    // No peer address: the client had gone before we looked.
    if (peer === undefined) return void socket.destroy();
    if (this.#speakers !== undefined && !this.#speakers.has(peer)) {
      shard.countFailure('proxy-header-refused');
      return void socket.destroy();
    }
    shard.enter('accept', socket);
    shard.gate.joined();
    if (this.#speakers !== undefined) reads.start(new AwaitedHeader(shard, reads, this.port));
    else reads.start(new Connection(shard, socket, new SocketClient(socket, this.port, shard.trustedProxies)));
    shard.leave();
  }
}
