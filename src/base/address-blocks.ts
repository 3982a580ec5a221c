import { BlockList, isIPv4 } from 'node:net';

/** `::ffff:192.0.2.1` is an IPv4 peer on a socket that takes both (RFC 4291, 2.5.5.2); a zone (`%eth0`) is this machine's affair. */
export function plainAddress(address: string): string {
  const unmapped = address.startsWith('::ffff:') && isIPv4(address.slice(7)) ? address.slice(7) : address;
  const zone = unmapped.indexOf('%');
  return zone === -1 ? unmapped : unmapped.slice(0, zone);
}

/**
 * CIDR blocks and single addresses, checked when the settings were read. An IPv4 block takes IPv4-mapped addresses too; an IPv6
 * block that takes `::ffff:0:0/96` whole (`::/0`) takes IPv4.
 */
export class AddressBlocks {
  readonly #list = new BlockList();
  readonly #empty: boolean;

  constructor(blocks: readonly string[]) {
    this.#empty = blocks.length === 0;
    for (const block of blocks) {
      const [address, prefix] = block.split('/');
      const family = isIPv4(address) ? 'ipv4' : 'ipv6';
      if (prefix === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(prefix), family);
    }
  }

  /** Costs about 2 µs where there are blocks, nothing where there are none. */
  has(address: string): boolean {
    if (this.#empty) return false;
    const plain = plainAddress(address);
    return this.#list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
  }
}
