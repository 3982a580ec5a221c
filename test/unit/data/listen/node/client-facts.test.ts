import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { AddressBlocks } from '../../../../../src/base/address-blocks.ts';
import { SocketClient } from '../../../../../src/data/listen/node/client-facts.ts';

const nobody = new AddressBlocks([]);
const socket = (ends: object) => ends as Socket;

test('an IPv4 client on a socket that takes both is told as IPv4', () => {
  const ends = { remoteAddress: '::ffff:192.0.2.1', remotePort: 4711, localAddress: '::ffff:192.0.2.9' };
  const client = new SocketClient(socket(ends), 8080, nobody);
  expect([client.address, client.port, client.localAddress, client.localPort]).toEqual([
    ...['192.0.2.1', 4711],
    ...['192.0.2.9', 8080],
  ]);
  expect(client.forwardedLines.toString()).toBe(
    'X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: 8080\r\nX-Real-IP: 192.0.2.1\r\n',
  );
});

test('the zone of a link-local client is not told', () => {
  const client = new SocketClient(socket({ remoteAddress: 'fe80::1%eth0', remotePort: 1 }), 8080, nobody);
  expect(client.address).toBe('fe80::1');
});

test('a client is trusted when its address is one of the trusted proxies', () => {
  const trusted = new AddressBlocks(['192.0.2.0/24']);
  const of = (remoteAddress: string) => new SocketClient(socket({ remoteAddress, remotePort: 1 }), 80, trusted).trusted;
  expect([of('::ffff:192.0.2.1'), of('192.0.3.1')]).toEqual([true, false]);
});

test.each([
  ['192.0.2.1', '0.0.0.0'],
  ['2001:db8::1', '::'],
])('where the connection of %s has gone its own end is %s', (remoteAddress, localAddress) => {
  expect(new SocketClient(socket({ remoteAddress, remotePort: 1 }), 80, nobody).localAddress).toBe(localAddress);
});
