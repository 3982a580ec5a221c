import { createServer } from 'node:net';
import type { Listener } from '../model/shard-settings.ts';

/** An address and port that cannot be ours; `message` is one sentence for the person who started us. */
export class PortBusyError extends Error {
  readonly code: string;
  /** EX_UNAVAILABLE of sysexits.h. */
  readonly exitCode = 69;

  constructor(listener: Pick<Listener, 'name' | 'address' | 'port'>, code: string) {
    super(busyText(listener, code));
    this.name = 'PortBusyError';
    this.code = code;
  }
}

/**
 * Proves that nobody else listens where the shards are going to. They bind with SO_REUSEPORT, with which a second
 * program would bind the same port in silence and take half of the connections; so each port is bound once without it
 * and let go again. Port 0 is nobody's. Throws PortBusyError for the first that cannot be had.
 */
export async function claimPorts(listeners: readonly Listener[]): Promise<void> {
  for (const listener of listeners) {
    if (listener.port !== 0) await claim(listener);
  }
}

function claim(listener: Listener): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new PortBusyError(listener, error.code ?? error.message)),
    );
    server.listen({ host: listener.address, port: listener.port, exclusive: true }, () =>
      server.close(() => resolve()),
    );
  });
}

/** Why an address and port cannot be had, and what to try; `code` as in errno. */
export function busyText({ name, address, port }: Pick<Listener, 'name' | 'address' | 'port'>, code: string): string {
  const where = `Port ${port} on ${address}`;
  switch (code) {
    case 'EADDRINUSE':
      return `${where} is in use by another program: stop that one, or choose another port with ${portKey(name)}.`;
    case 'EACCES':
      return `${where} needs more rights than this process has: choose a port from 1024 up with ${portKey(name)}, or allow it (CAP_NET_BIND_SERVICE).`;
    case 'EADDRNOTAVAIL':
      return `${where} cannot be opened, because this machine does not have the address ${address}: choose one that it has with ${addressKey(name)}.`;
    case 'EAFNOSUPPORT':
      return `${where} cannot be opened, because this machine does not speak the address family of ${address}: choose another address with ${addressKey(name)}.`;
    default:
      return `${where} cannot be opened (${code}).`;
  }
}

const ownFlag: ReadonlySet<string> = new Set(['http', 'https', 'admin']);

const portKey = (name: string): string =>
  ownFlag.has(name) ? `--${name}-port` : `the port of "${name}" under listeners`;

const addressKey = (name: string): string =>
  name === 'admin' ? '--admin-host' : ownFlag.has(name) ? '--host' : `the address of "${name}" under listeners`;
