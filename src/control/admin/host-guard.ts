import { isIP } from 'node:net';

/**
 * A page in a browser may make its own name resolve to 127.0.0.1 and then read what listens there (DNS rebinding). On
 * loopback only names that nobody else can own are answered: IP addresses, `localhost` and what ends in `.localhost`
 * (RFC 6761, 6.3). Where the port is open to others by choice, they may call it by any name.
 */
export function hostAllowed(host: string | undefined, listensOn: string): boolean {
  if (host === undefined || !isLoopback(listensOn)) return true;
  const name = host.toLowerCase().replace(/:\d*$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

const isLoopback = (address: string): boolean =>
  address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
