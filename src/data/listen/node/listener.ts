import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Listener } from '../../../model/shard-settings.ts';
import type { Shard } from '../../shard.ts';
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
  server.on('connection', (socket) => accept(shard, server, socket));
  server.once('error', reject);
  server.listen({ host, port: listener.port, reusePort: true, backlog: BACKLOG }, () => {
    // An accept that fails (out of descriptors) is over with it; the listener goes on.
    server.removeListener('error', reject).on('error', () => {});
    resolve({ port: (server.address() as AddressInfo).port, close: () => server.close() });
  });
  return promise;
}

function accept(shard: Shard, server: Server, socket: Socket): void {
  const port = (server.address() as AddressInfo | null)?.port;
  // No peer address: the client had gone before we looked.
  if (port === undefined || socket.remoteAddress === undefined) return void socket.destroy();
  shard.enter('accept', socket);
  new Connection(shard, socket, new SocketClient(socket, port, shard.trustedProxies));
  shard.leave();
}
