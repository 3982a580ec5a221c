import { SocketAddress } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainAddress } from '../../../../src/base/address-blocks.ts';
import { type ClientEnds, proxyHeader } from '../../../../src/data/forward/proxy-header.ts';
import { ProxyHeader, readProxyHeader } from '../../../../src/data/listen/proxy-protocol/proxy-header.ts';

const v4: ClientEnds = { address: '192.0.2.1', port: 56324, localAddress: '198.51.100.2', localPort: 443 };
const v6: ClientEnds = { address: '2001:db8::1', port: 1, localAddress: '::1', localPort: 65535 };
const mixed: ClientEnds = { ...v4, localAddress: '2001:db8::1' };

test.each([
  ['IPv4', v4, 'PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n'],
  ['IPv6', v6, 'PROXY TCP6 2001:db8::1 ::1 1 65535\r\n'],
  ['one of each', mixed, 'PROXY TCP6 ::ffff:192.0.2.1 2001:db8::1 56324 443\r\n'],
])('version 1, %s', (_, ends, line) => {
  expect(proxyHeader('v1', ends).toString('latin1')).toBe(line);
});

const SIGNATURE = '0d0a0d0a000d0a515549540a';

test.each([
  ['IPv4', v4, `${SIGNATURE}2111000cc0000201c6336402dc0401bb`],
  ['IPv6', v6, `${SIGNATURE}21210024${'20010db8'}${'0'.repeat(23)}1${'0'.repeat(31)}1${'0001ffff'}`],
  [
    'one of each',
    mixed,
    `${SIGNATURE}21210024${'0'.repeat(20)}ffffc0000201${'20010db8'}${'0'.repeat(23)}1${'dc0401bb'}`,
  ],
])('version 2, %s', (_, ends, hex) => {
  expect(proxyHeader('v2', ends).toString('hex')).toBe(hex);
});

const canonical = (address: string): string =>
  address.includes(':') ? plainAddress(new SocketAddress({ address, family: 'ipv6' }).address) : address;

test('what is written is read as the same ends, whatever they are', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6()).map(canonical);
  const port = fc.nat(65_535);
  const ends = fc.record({ address, port, localAddress: address, localPort: port });
  fc.assert(
    fc.property(fc.constantFrom('v1' as const, 'v2' as const), ends, (version, given) => {
      const bytes = proxyHeader(version, given);
      const read = new ProxyHeader();
      expect(readProxyHeader(read, bytes, 0, bytes.length)).toBe(bytes.length);
      expect(read).toMatchObject({ proxied: true, ...given });
    }),
    { numRuns: 2000 },
  );
});
