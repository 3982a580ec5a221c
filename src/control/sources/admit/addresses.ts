import { isIP, SocketAddress } from 'node:net';

/**
 * The one text of an address: IPv6 in its shortest form (RFC 5952), so that duplicates are seen. undefined: no address
 * of this family, or one with a zone, which means something on one machine only.
 */
export function plainAddress(text: string, family: 4 | 6): string | undefined {
  if (isIP(text) !== family || text.includes('%')) return undefined;
  return family === 4 ? text : new SocketAddress({ address: text, family: 'ipv6' }).address;
}
