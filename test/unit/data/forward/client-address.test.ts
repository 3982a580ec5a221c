import { expect, test } from 'vitest';
import { AddressBlocks } from '../../../../src/base/address-blocks.ts';
import { clientAddress, type TrustedProxies } from '../../../../src/data/forward/client-address.ts';
import { RequestHead, readRequestHead } from '../../../../src/data/http1/request-head.ts';
import type { ClientFacts } from '../../../../src/data/seam.ts';

const trusted = new AddressBlocks(['10.0.0.0/8', '2001:db8::/32']);
const limits = { headLimitBytes: 16_384, targetLimitBytes: 8192, headerLimit: 100 };

function addressOf(lines: readonly string[], address = '10.0.0.1', proxies: TrustedProxies = trusted): string {
  const head = new RequestHead();
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`);
  expect(readRequestHead(head, bytes, 0, bytes.length, limits)).toBe(bytes.length);
  return clientAddress(head, { address, trusted: trusted.has(address) } as ClientFacts, proxies);
}

test.each([
  ['nothing is said', [], '10.0.0.1'],
  ['one address', ['X-Forwarded-For: 192.0.2.1'], '192.0.2.1'],
  ['the rightmost one that is not trusted', ['X-Forwarded-For: 6.6.6.6, 192.0.2.1, 10.1.1.1'], '192.0.2.1'],
  ['over several lines', ['X-Forwarded-For: 6.6.6.6', 'X-A: 1', 'x-forwarded-for: 192.0.2.1,10.1.1.1'], '192.0.2.1'],
  ['the leftmost when all are trusted', ['X-Forwarded-For: 10.3.3.3, 10.2.2.2'], '10.3.3.3'],
  ['IPv6, in brackets or not', ['X-Forwarded-For: fe80::1, [fe80::2], 2001:db8::3'], 'fe80::2'],
  ['with ports', ['X-Forwarded-For: 192.0.2.1:4711, [2001:db8::1]:80'], '192.0.2.1'],
  ['IPv4 in IPv6', ['X-Forwarded-For: ::ffff:192.0.2.1, ::ffff:10.2.2.2'], '192.0.2.1'],
  ['nothing left of what is no address', ['X-Forwarded-For: 192.0.2.1, unknown, 10.2.2.2'], '10.2.2.2'],
  ['no address at all', ['X-Forwarded-For: unknown'], '10.0.0.1'],
  ['empty elements', ['X-Forwarded-For: 6.6.6.6, 192.0.2.1,, 10.1.1.1 ,', 'X-Forwarded-For:'], '192.0.2.1'],
  ['an empty value', ['X-Forwarded-For: '], '10.0.0.1'],
  ['other lines say nothing', ['X-Real-IP: 192.0.2.1', 'X-Forwarded-Host: a', 'Forwarded: for=192.0.2.1'], '10.0.0.1'],
] as const)('behind a trusted proxy: %s', (_, lines, expected) => {
  expect(addressOf(lines)).toBe(expected);
});

test('whoever is not trusted speaks for nobody else', () => {
  expect(addressOf(['X-Forwarded-For: 192.0.2.1'], '198.51.100.1')).toBe('198.51.100.1');
});

test('a list without end is not looked through', () => {
  let looks = 0;
  const counting = { has: (address: string) => ++looks > 0 && trusted.has(address) };
  const list = Array.from({ length: 1000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`);
  const found = addressOf([`X-Forwarded-For: ${list.join()}`], '10.0.0.1', counting);
  expect([found, looks]).toEqual([list.at(-32), 32]);
});
