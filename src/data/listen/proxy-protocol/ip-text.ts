import { SocketAddress } from 'node:net';
import { plainAddress } from '../../../base/address-blocks.ts';

export const ipv4Text = (bytes: Uint8Array, at: number): string => bytes.subarray(at, at + 4).join('.');

export function ipv6Text(bytes: Uint8Array, at: number): string {
  const groups: string[] = [];
  for (let i = at; i < at + 16; i += 2) groups.push(((bytes[i]! << 8) | bytes[i + 1]!).toString(16));
  return canonicalIpv6(groups.join(':'));
}

/** One text for one address (RFC 5952); IPv4 where it is IPv4-mapped. */
export const canonicalIpv6 = (address: string): string =>
  plainAddress(new SocketAddress({ address, family: 'ipv6' }).address);
