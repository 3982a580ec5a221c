import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { AddressBlocks } from '../../../base/address-blocks.ts';
import type { Listener } from '../../../model/shard-settings.ts';
import type { Shard } from '../../shard.ts';
import { AwaitedHeader } from './awaited-header.ts';
import { SocketClient } from './client-facts.ts';
import { Connection } from './connection.ts';

const BACKLOG = 4096;

export interface OpenListener {
  readonly port: number;
  close(): void;
}

/**
 * Opens one listener of one shard. The kernel spreads connections over the shards (SO_REUSEPORT).
 * Rejects with the error of `listen`, which then carries `listener`.
 */
export async function openListener(shard: Shard, listener: Listener): Promise<OpenListener> {
  try {
    return await open(shard, listener, listener.address);
  } catch (error) {
    // `::` stands for "all addresses"; a machine without IPv6 has fewer of them.
    if (listener.address === '::' && isWithoutIpv6(error)) return open(shard, listener, '0.0.0.0');
    throw Object.assign(error as Error, { listener });
  }
}

const isWithoutIpv6 = (error: unknown): boolean =>
  ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes((error as NodeJS.ErrnoException).code ?? '');

function open(shard: Shard, listener: Listener, host: string): Promise<OpenListener> {
  const { promise, resolve, reject } = Promise.withResolvers<OpenListener>();
  // A high-water mark of one byte: `writableLength` and 'drain' then tell exactly when the kernel has taken everything.
  const server = createServer({ noDelay: true, allowHalfOpen: true, highWaterMark: 1 });
  server.maxConnections = shard.settings.connectionLimit;
  const speakers = listener.proxyProtocol === 'required' ? new AddressBlocks(listener.proxyProtocolFrom) : undefined;
  server.on('connection', (socket) => accept(shard, server, socket, speakers));
  server.once('error', reject);
  server.listen({ host, port: listener.port, reusePort: true, backlog: BACKLOG }, () => {
    // An accept that fails (out of descriptors) is over with it; the listener goes on.
    server.removeListener('error', reject).on('error', () => {});
    resolve({ port: (server.address() as AddressInfo).port, close: () => server.close() });
  });
  return promise;
}

/** `speakers`: the peers that may connect, each with a PROXY header; undefined where everybody may, without one. */
function accept(shard: Shard, server: Server, socket: Socket, speakers: AddressBlocks | undefined): void {
  const port = (server.address() as AddressInfo | null)?.port;
  const peer = socket.remoteAddress;
  // No peer address: the client had gone before we looked.
  if (port === undefined || peer === undefined) return void socket.destroy();
  if (speakers !== undefined && !speakers.has(peer)) {
    shard.countFailure('proxy-header-refused');
    return void socket.destroy();
  }
  shard.enter('accept', socket);
  shard.joined();
  if (speakers === undefined) new Connection(shard, socket, new SocketClient(socket, port, shard.trustedProxies));
  else new AwaitedHeader(shard, socket, port);
  shard.leave();
}
