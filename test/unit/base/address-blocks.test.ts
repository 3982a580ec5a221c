import { expect, test } from 'vitest';
import { AddressBlocks, plainAddress } from '../../../src/base/address-blocks.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:0:0', '::ffff:0:0'],
  ['2001:db8::1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
])('%s is plainly %s', (address, plain) => {
  expect(plainAddress(address)).toBe(plain);
});

const blocks = new AddressBlocks([
  '10.0.0.0/8',
  '192.0.2.7',
  '198.51.100.200/26',
  'fd00::/8',
  '2001:db8::1',
  'fe80::/10',
]);

test.each([
  '10.0.0.0',
  '10.255.255.255',
  '::ffff:10.1.2.3',
  '192.0.2.7',
  '::ffff:192.0.2.7',
  '198.51.100.192', // a block may be written with bits below its prefix
  'fd12:3456::1',
  '2001:db8::1',
  '2001:db8:0:0:0:0:0:1',
  'fe80::1%eth0',
])('%s is in the blocks', (address) => {
  expect(blocks.has(address)).toBe(true);
});

test.each([
  '9.255.255.255',
  '11.0.0.0',
  '192.0.2.8',
  '198.51.100.191',
  '::ffff:11.0.0.0',
  '::10.0.0.1',
  'fc00::1',
  '2001:db8::2',
])('%s is not', (address) => {
  expect(blocks.has(address)).toBe(false);
});

test('a prefix of 0 takes everybody of its family, and IPv6 takes IPv4 too', () => {
  const everyIpv4 = new AddressBlocks(['0.0.0.0/0']);
  expect(['203.0.113.9', '::ffff:203.0.113.9', '::1'].map((address) => everyIpv4.has(address))).toEqual([
    true,
    true,
    false,
  ]);
  const everybody = new AddressBlocks(['::/0']);
  expect(['203.0.113.9', '::1'].map((address) => everybody.has(address))).toEqual([true, true]);
});

test('a block written IPv4-mapped takes the IPv4 addresses it means', () => {
  const mapped = new AddressBlocks(['::ffff:10.0.0.0/104', '::ffff:192.0.2.1']);
  expect(['10.1.2.3', '::ffff:10.1.2.3', '11.0.0.0', '192.0.2.1', '192.0.2.2'].map((a) => mapped.has(a))).toEqual([
    true,
    true,
    false,
    true,
    false,
  ]);
});

test('no blocks, nobody', () => {
  expect(new AddressBlocks([]).has('127.0.0.1')).toBe(false);
});
