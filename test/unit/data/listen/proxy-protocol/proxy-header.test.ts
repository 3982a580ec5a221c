import { describe, expect, test } from 'vitest';
import { INCOMPLETE, REFUSED } from '../../../../../src/data/http1/reading.ts';
import { crc32c } from '../../../../../src/data/listen/proxy-protocol/crc32c.ts';
import { ProxyHeader, readProxyHeader } from '../../../../../src/data/listen/proxy-protocol/proxy-header.ts';
import { ipv4, ipv6, line, SIGNATURE, summed, tlv, version2 } from './headers.ts';

const V4 = '192.0.2.1:56324 > 198.51.100.2:443';
const OWN = 'own';
const DB8 = '20010db8000000000000000000000001';
const DB8_LOCAL = '20010db8000000000000000000000002';
const MAPPED = '00000000000000000000ffffc0000201';

/** What a header means, or the verdict on it. */
function judge(bytes: Buffer): string {
  const header = new ProxyHeader();
  header.proxied = true; // what an earlier reading left there
  const after = readProxyHeader(header, bytes, 0, bytes.length);
  if (after === REFUSED) return 'refused';
  if (after === INCOMPLETE) return 'incomplete';
  expect(after).toBe(bytes.length);
  if (!header.proxied) return OWN;
  return `${header.address}:${header.port} > ${header.localAddress}:${header.localPort}`;
}

const accepted: readonly (readonly [what: string, header: Buffer, means: string])[] = [
  ['v1 TCP4', line('PROXY TCP4 192.0.2.1 198.51.100.2 56324 443'), V4],
  [
    'v1 TCP4, longest',
    line('PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535'),
    '255.255.255.255:65535 > 255.255.255.255:65535',
  ],
  ['v1 ports of 0', line('PROXY TCP4 0.0.0.0 0.0.0.0 0 0'), '0.0.0.0:0 > 0.0.0.0:0'],
  ['v1 TCP6', line('PROXY TCP6 2001:DB8:0:0::1 ::1 56324 443'), '2001:db8::1:56324 > ::1:443'],
  [
    'v1 TCP6, longest',
    line(`PROXY TCP6 ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535`),
    `${'ffff:'.repeat(7)}ffff:65535 > ${'ffff:'.repeat(7)}ffff:65535`,
  ],
  ['v1 TCP6 with IPv4 inside', line('PROXY TCP6 ::ffff:192.0.2.1 0:0:0:0:0:ffff:c633:6402 56324 443'), V4],
  ['v1 UNKNOWN', line('PROXY UNKNOWN'), OWN],
  ['v1 UNKNOWN with a rest', line('PROXY UNKNOWN ffff:: 1.2.3.4 65535 nonsense \0\xff'), OWN],
  ['v1 UNKNOWN of 107 bytes', line(`PROXY UNKNOWN ${'x'.repeat(91)}`), OWN],
  ['v2 TCP over IPv4', version2({}), V4],
  ['v2 UDP over IPv4', version2({ kind: 0x12 }), V4],
  ['v2 TCP over IPv6', version2({ kind: 0x21, block: ipv6(DB8, DB8_LOCAL) }), '2001:db8::1:56324 > 2001:db8::2:443'],
  ['v2 UDP over IPv6', version2({ kind: 0x22, block: ipv6(DB8, DB8_LOCAL) }), '2001:db8::1:56324 > 2001:db8::2:443'],
  ['v2 IPv4 inside IPv6', version2({ kind: 0x21, block: ipv6(MAPPED, MAPPED) }), '192.0.2.1:56324 > 192.0.2.1:443'],
  ['v2 UNIX stream', version2({ kind: 0x31, block: Buffer.alloc(216, 'x') }), OWN],
  ['v2 UNIX datagram', version2({ kind: 0x32, block: Buffer.alloc(216) }), OWN],
  ['v2 UNSPEC', version2({ kind: 0x00, block: Buffer.alloc(0) }), OWN],
  ['v2 UNSPEC with a block of anything', version2({ kind: 0x00, block: Buffer.of(3, 0, 9, 1) }), OWN],
  ['v2 family UNSPEC with a transport', version2({ kind: 0x01 }), OWN],
  ['v2 a family with transport UNSPEC', version2({ kind: 0x10 }), OWN],
  ['v2 LOCAL', version2({ command: 0x20, kind: 0x00, block: Buffer.alloc(0) }), OWN],
  ['v2 LOCAL with addresses', version2({ command: 0x20 }), OWN],
  ['v2 LOCAL, whatever its family and block', version2({ command: 0x20, kind: 0xff, block: Buffer.of(3, 0xff) }), OWN],
  ['v2 LOCAL of 4,096 bytes', version2({ command: 0x20, block: Buffer.alloc(4080) }), OWN],
  [
    'v2 with TLVs that nobody knows',
    version2({ block: Buffer.concat([ipv4(), tlv(0xe0, Buffer.from('abc')), tlv(0x02, Buffer.from('shop.test'))]) }),
    V4,
  ],
  ['v2 with an empty TLV', version2({ block: Buffer.concat([ipv4(), tlv(0x05, Buffer.alloc(0))]) }), V4],
  [
    'v2 with padding',
    version2({ block: Buffer.concat([ipv4(), tlv(0x04, Buffer.alloc(0)), tlv(0x04, Buffer.alloc(40))]) }),
    V4,
  ],
  ['v2 of 4,096 bytes', version2({ block: Buffer.concat([ipv4(), tlv(0x04, Buffer.alloc(4080 - 12 - 3))]) }), V4],
  ['v2 with a checksum', summed({}), V4],
  ['v2 with a checksum before other TLVs', summed({}, tlv(0x04, Buffer.from('12'))), V4],
  ['v2 UNIX with a checksum', summed({ kind: 0x31, block: Buffer.alloc(216) }), OWN],
];

const refused: readonly (readonly [what: string, header: Buffer])[] = [
  ['a request', Buffer.from('GET / HTTP/1.1\r\n')],
  ['a TLS record', Buffer.of(22, 3, 1)],
  ['small letters', line('proxy TCP4 192.0.2.1 198.51.100.2 56324 443')],
  ['v1 without a space', line('PROXYTCP4 192.0.2.1 198.51.100.2 56324 443')],
  ['v1 of nothing', line('PROXY ')],
  ['v1 of another protocol', line('PROXY UDP4 192.0.2.1 198.51.100.2 56324 443')],
  ['v1 with the protocol in small letters', line('PROXY tcp4 192.0.2.1 198.51.100.2 56324 443')],
  ['v1 UNKNOWN with more letters', line('PROXY UNKNOWNS')],
  ['v1 UNKNOWN of 108 bytes', line(`PROXY UNKNOWN ${'x'.repeat(92)}`)],
  ['v1 of 107 bytes without an end', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(93)}`)],
  ['v1 UNKNOWN with a bare LF', Buffer.from('PROXY UNKNOWN \n\r\n')],
  ['v1 UNKNOWN with a bare CR', Buffer.from('PROXY UNKNOWN \rx\r\n')],
  ['v1 that ends with LF', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n')],
  ['v1 with two spaces', line('PROXY TCP4  192.0.2.1 198.51.100.2 56324 443')],
  ['v1 with a tab', line('PROXY TCP4\t192.0.2.1 198.51.100.2 56324 443')],
  ['v1 with a space at the end', line('PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 ')],
  ['v1 with one field more', line('PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 1')],
  ['v1 with one field less', line('PROXY TCP4 192.0.2.1 198.51.100.2 56324')],
  ['v1 TCP4 with IPv6', line('PROXY TCP4 ::1 ::1 56324 443')],
  ['v1 TCP6 with IPv4', line('PROXY TCP6 192.0.2.1 198.51.100.2 56324 443')],
  ['v1 TCP6 with a zone', line('PROXY TCP6 fe80::1%eth0 fe80::2 56324 443')],
  ['v1 TCP6 with brackets', line('PROXY TCP6 [::1] [::1] 56324 443')],
  ['v1 TCP6 with two double colons', line('PROXY TCP6 1::2::3 ::1 56324 443')],
  ['v1 TCP6 with nine groups', line('PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 56324 443')],
  ['v1 with a host name', line('PROXY TCP4 localhost 198.51.100.2 56324 443')],
  ['v1 with a short address', line('PROXY TCP4 192.0.1 198.51.100.2 56324 443')],
  ['v1 with a number of 256', line('PROXY TCP4 192.0.2.256 198.51.100.2 56324 443')],
  ['v1 with a zero in front', line('PROXY TCP4 192.0.2.01 198.51.100.2 56324 443')],
  ['v1 with a wrong own address', line('PROXY TCP4 192.0.2.1 198.51.100 56324 443')],
  ['v1 with a port of 65536', line('PROXY TCP4 192.0.2.1 198.51.100.2 65536 443')],
  ['v1 with an own port of 65536', line('PROXY TCP4 192.0.2.1 198.51.100.2 56324 65536')],
  ['v1 with a zero in front of a port', line('PROXY TCP4 192.0.2.1 198.51.100.2 056324 443')],
  ['v1 with a port of 00', line('PROXY TCP4 192.0.2.1 198.51.100.2 00 443')],
  ['v1 with a signed port', line('PROXY TCP4 192.0.2.1 198.51.100.2 +80 443')],
  ['v1 with a negative port', line('PROXY TCP4 192.0.2.1 198.51.100.2 -1 443')],
  ['v1 with a hexadecimal port', line('PROXY TCP4 192.0.2.1 198.51.100.2 0x50 443')],
  ['v1 with NUL', line('PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\0')],
  ['v2 with another signature', Buffer.from(SIGNATURE).fill(0x0b, 11)],
  ['v2 of version 1', version2({ command: 0x11 })],
  ['v2 of version 3', version2({ command: 0x31 })],
  ['v2 of an unknown command', version2({ command: 0x22 })],
  ['v2 of an unknown family', version2({ kind: 0x41 })],
  ['v2 of an unknown transport', version2({ kind: 0x13 })],
  ['v2 of 4,097 bytes', version2({ block: Buffer.concat([ipv4(), tlv(0x04, Buffer.alloc(4081 - 12 - 3))]) })],
  ['v2 LOCAL of 4,097 bytes', version2({ command: 0x20, block: Buffer.alloc(4081) })],
  ['v2 of 65,551 bytes', version2({ length: 65_535 })],
  ['v2 INET with 11 bytes', version2({ block: Buffer.alloc(11) })],
  ['v2 INET6 with the addresses of INET', version2({ kind: 0x21 })],
  ['v2 UNIX with 215 bytes', version2({ kind: 0x31, block: Buffer.alloc(215) })],
  ['v2 with half of a TLV header', version2({ block: Buffer.concat([ipv4(), Buffer.of(0x04, 0)]) })],
  ['v2 with a TLV that runs over the end', version2({ block: Buffer.concat([ipv4(), Buffer.of(0x04, 0, 2, 1)]) })],
  ['v2 with a wrong checksum', summed({}, Buffer.alloc(0), 1)],
  ['v2 with a checksum that is wrong in its first bit', summed({}, Buffer.alloc(0), 0x80000000)],
  ['v2 with a checksum of three bytes', version2({ block: Buffer.concat([ipv4(), tlv(0x03, Buffer.alloc(3))]) })],
  ['v2 with a checksum made without a second one', summed({ block: summed({}).subarray(16) })],
  ['v2 UNIX with a wrong checksum', summed({ kind: 0x31, block: Buffer.alloc(216) }, Buffer.alloc(0), 1)],
];

describe('what is no PROXY header is refused', () => {
  test.each(refused)('%s', (_, bytes) => {
    expect(judge(bytes)).toBe('refused');
    expect(judge(Buffer.concat([bytes, Buffer.from('GET / HTTP/1.1\r\n')]))).toBe('refused');
  });
});

describe('split anywhere, a header is incomplete until its last byte, and what follows it is not looked at', () => {
  const before = Buffer.from('PROXY TCP4 203.0.113.1 203.0.113.1 1 1\r\n');
  const behind = Buffer.from('GET / HTTP/1.1\r\n\r\n');

  test.each(accepted)('%s', (_, bytes, means) => {
    const whole = Buffer.concat([before, bytes, behind]);
    const start = before.length;
    for (let size = 0; size < bytes.length; size++) {
      expect(readProxyHeader(new ProxyHeader(), whole, start, start + size), `${size} bytes`).toBe(INCOMPLETE);
    }
    for (const end of [start + bytes.length, whole.length]) {
      const header = new ProxyHeader();
      expect(readProxyHeader(header, whole, start, end)).toBe(start + bytes.length);
      expect(header.proxied).toBe(means !== OWN);
    }
  });

  test.each(refused)('%s is never accepted, and what is refused stays so', (_, bytes) => {
    let was: string = 'incomplete';
    for (let size = 0; size <= bytes.length; size++) {
      const now = judge(bytes.subarray(0, size));
      expect(now).toBe(was === 'refused' ? 'refused' : now);
      expect(now).toMatch(/^(incomplete|refused)$/);
      was = now;
    }
    expect(was).toBe('refused');
  });
});

test('a client that sends anything else is refused at its first byte', () => {
  for (let byte = 0; byte < 256; byte++) {
    if (byte !== 0x50 && byte !== 0x0d) expect(judge(Buffer.of(byte))).toBe('refused');
  }
});

test('the checksum is CRC-32C', () => {
  const digits = Buffer.from('123456789');
  expect(crc32c(digits, 0, digits.length, digits.length)).toBe(0xe3069283); // the check value that every catalogue has
  expect(crc32c(Buffer.from('__1234\xff\xff\xff\xff', 'latin1'), 2, 10, 6)).toBe(
    crc32c(Buffer.from('1234\0\0\0\0', 'latin1'), 0, 8, 8),
  );
});
