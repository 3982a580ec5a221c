import assert from 'node:assert/strict';
import type { Dice } from '../../src/base/dice.ts';
import { INCOMPLETE } from '../../src/data/http1/reading.ts';
import { ProxyHeader, readProxyHeader } from '../../src/data/listen/proxy-protocol/proxy-header.ts';
import { mutated, oneOf } from '../unit/data/http1/head-corpus.ts';
import { amid, surroundings } from '../unit/data/http1/reading-heads.ts';
import { fuzz, someBase } from './fuzzing.ts';
import { asVersion2, canonical, type PlainHeader, plainCrc32c, plainProxyHeader } from './plain-proxy-header.ts';

const ipv4 = ['192.0.2.1', '0.0.0.0', '255.255.255.255', '10.0.0.01', '1.2.3', '256.1.1.1', '1.2.3.4.5', '0x7f.1.1.1'];
const ipv6 = [
  '2001:db8::1',
  '::',
  '::1',
  'FFFF:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  '2001:0db8:0000:0000:0001:0000:0000:0001',
  '::ffff:192.0.2.1',
  '::192.0.2.1',
  '64:ff9b::192.0.2.33',
  '1:2:3:4:5:6:7::',
  'fe80::1%eth0',
  '1::2::3',
  '12345::',
  '[::1]',
];
const ports = ['0', '1', '443', '56324', '65535', '65536', '00', '080', '+1', '', '99999999999'];

function version1(dice: Dice): string {
  const kind = oneOf(dice, ['TCP4', 'TCP4', 'TCP6', 'TCP6', 'UNKNOWN', 'TCP5', 'tcp4', 'UDP4']);
  const addresses = kind === 'TCP6' ? ipv6 : ipv4;
  // The first of each list are valid; most headers are made of them.
  const some = <T>(list: readonly T[], good: number) =>
    dice.below(10) > 0 ? list[dice.below(good)]! : oneOf(dice, list);
  const line = `PROXY ${kind} ${some(addresses, addresses === ipv4 ? 3 : 9)} ${some(addresses, 3)} ${some(ports, 5)} ${some(ports, 5)}`;
  const short = kind === 'UNKNOWN' && dice.below(2) === 0 ? 'PROXY UNKNOWN' : line;
  return `${short}${' '.repeat(dice.below(40) === 0 ? dice.below(80) : 0)}\r\n`;
}

const randomBytes = (dice: Dice, size: number) => Buffer.from(Array.from({ length: size }, () => dice.below(256)));

/** Bytes where zeros stand together, as in addresses. */
const sparse = (dice: Dice, size: number) => randomBytes(dice, size).map((byte) => (dice.below(2) === 0 ? 0 : byte));

function vector(dice: Dice): Buffer {
  const type = oneOf(dice, [1, 2, 4, 5, 0x20, 0x30, 0xe0, 0xff, 0]);
  const value = randomBytes(dice, dice.below(dice.below(30) === 0 ? 4100 : 12));
  return Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 255]), value]);
}

/** A header with these vectors; `crc`: where its checksum belongs, before which vectors. */
function version2(dice: Dice): string {
  const family = oneOf(dice, [0x11, 0x11, 0x12, 0x21, 0x21, 0x22, 0x31, 0x32, 0x00, 0x10, 0x01, 0x41, 0x13]);
  const command = oneOf(dice, [0x21, 0x21, 0x21, 0x20, 0x22, 0x11]);
  const addresses =
    { 1: sparse(dice, 12), 2: sparse(dice, 36), 3: sparse(dice, 216) }[family >> 4] ?? sparse(dice, dice.below(9));
  if (family >> 4 === 2 && dice.below(3) === 0) addresses.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]);
  const vectors = Array.from({ length: dice.below(4) }, () => vector(dice));
  const summed = dice.below(3) === 0;
  const checksumAt = dice.below(vectors.length + 1);
  if (summed) vectors.splice(checksumAt, 0, Buffer.from([3, 0, 4, 0, 0, 0, 0]));
  const rest = Buffer.concat([addresses, ...vectors]);
  const length = dice.below(20) === 0 ? dice.below(5000) : rest.length;
  const head = Buffer.from([
    ...Buffer.from('\r\n\r\n\0\r\nQUIT\n'),
    command,
    family,
    (length >> 8) & 255,
    length & 255,
  ]);
  const whole = Buffer.concat([head, rest]);
  if (summed) {
    const at = 16 + addresses.length + vectors.slice(0, checksumAt).reduce((sum, one) => sum + one.length, 0) + 3;
    whole.writeUInt32BE(plainCrc32c(whole), at);
  }
  return whole.toString('latin1');
}

const anyHeader = (dice: Dice) =>
  (dice.below(2) === 0 ? version1(dice) : version2(dice)) + oneOf(dice, ['', 'GET / HTTP/1.1\r\n', '\0']);

/** One bit more or less: what a checksum is for. */
function bitFlipped(dice: Dice, text: string): string {
  const at = dice.below(text.length);
  const flipped = text.charCodeAt(at) ^ (1 << dice.below(8));
  return text.slice(0, at) + String.fromCharCode(flipped) + text.slice(at + 1);
}

/** `::192.0.2.1` and `::c000:201` are both usual; which of them the reader writes must not depend on the version. */
function plainly({ size, ends }: PlainHeader): PlainHeader {
  if (ends === undefined) return { size, ends };
  return { size, ends: { ...ends, address: canonical(ends.address), localAddress: canonical(ends.localAddress) } };
}

const header = new ProxyHeader();

/** What the reader says: a whole header, or INCOMPLETE or REFUSED. */
function read(text: string, dice: Dice): PlainHeader | number {
  const { bytes, start, end } = amid(text, oneOf(dice, surroundings));
  const result = readProxyHeader(header, bytes, start, end);
  if (result < 0) return result;
  const { proxied, address, port, localAddress, localPort } = header;
  return { size: result - start, ends: proxied ? { address, port, localAddress, localPort } : undefined };
}

fuzz('proxy-headers', 'no throw, the plain reader agrees, one reading however they are cut', {
  make: (dice, kept) => {
    const base = someBase(dice, kept, anyHeader);
    const kind = dice.below(4);
    if (kind === 0) return mutated(dice, base, anyHeader(dice));
    return kind === 1 && base !== '' ? bitFlipped(dice, base) : base;
  },
  judge: (text, dice) => {
    const found = read(text, dice);
    const isHeader = typeof found !== 'number';
    assert.deepEqual(isHeader ? plainly(found) : undefined, plainProxyHeader(text), 'the plain reader agrees');
    if (found === INCOMPLETE) assert.ok(text.length < 4096, 'nothing is awaited beyond the limit');
    const size = isHeader ? found.size : text.length;
    const part = read(text.slice(0, dice.below(size + 1)), dice);
    if (part !== INCOMPLETE) assert.deepEqual(part, found, 'what a prefix is judged to be it stays');
    if (!isHeader) return false;
    assert.equal(read(text.slice(0, size - 1), dice), INCOMPLETE, 'the last byte is needed');
    assert.deepEqual(read(`${text.slice(0, size)}${oneOf(dice, ['\0', 'PROXY', '\r\n'])}`, dice), found);
    if (found.ends === undefined) return true;
    const again = read(asVersion2(found.ends), dice);
    assert.deepEqual(typeof again === 'number' ? again : again.ends, found.ends, 'both versions say the same');
    return true;
  },
  leastGood: 0.2,
});
