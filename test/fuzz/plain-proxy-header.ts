import { isIPv4, isIPv6 } from 'node:net';

/**
 * The PROXY protocol once more (haproxy's doc/proxy-protocol.txt, 2020/03/05), written from the specification alone:
 * slow and obvious, over whole headers as latin1 text. Undefined: no complete valid header at the beginning.
 */

export interface PlainHeader {
  readonly size: number;
  /** Undefined: the connection's own ends are the client's. */
  readonly ends: PlainEnds | undefined;
}

export interface PlainEnds {
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
}

export const plainProxyHeader = (text: string): PlainHeader | undefined => plainVersion1(text) ?? plainVersion2(text);

// ── 2.1: one line of text ────────────────────────────────────────────────────────────────────────────────────────────

const decimal = '(0|[1-9][0-9]{0,4})';
const tcp = new RegExp(`^PROXY (TCP4|TCP6) ([^ ]+) ([^ ]+) ${decimal} ${decimal}$`);

function plainVersion1(text: string): PlainHeader | undefined {
  const lineEnd = text.slice(0, 107).indexOf('\r\n');
  const line = text.slice(0, Math.max(0, lineEnd));
  if (lineEnd < 0 || /[\r\n]/.test(line)) return undefined;
  const size = lineEnd + 2;
  if (/^PROXY UNKNOWN(?: .*)?$/s.test(line)) return { size, ends: undefined };
  const found = tcp.exec(line);
  if (found === null) return undefined;
  const [, family, source, target, port, localPort] = found as unknown as [string, ...string[]];
  const isAddress = family === 'TCP4' ? isPlainIPv4 : isPlainIPv6;
  if (!isAddress(source!) || !isAddress(target!) || Number(port) > 65_535 || Number(localPort) > 65_535)
    return undefined;
  return {
    size,
    ends: {
      address: canonical(source!),
      port: Number(port),
      localAddress: canonical(target!),
      localPort: Number(localPort),
    },
  };
}

const isPlainIPv4 = (text: string) => isIPv4(text) && !/(^|\.)0[0-9]/.test(text);
const isPlainIPv6 = (text: string) => isIPv6(text) && !text.includes('%');

// ── 2.2: bytes ───────────────────────────────────────────────────────────────────────────────────────────────────────

const signature = '\r\n\r\n\0\r\nQUIT\n';
const addressSizes: Record<number, number> = { 1: 4, 2: 16, 3: 108 };

function plainVersion2(text: string): PlainHeader | undefined {
  if (!text.startsWith(signature) || text.length < 16) return undefined;
  const bytes = Buffer.from(text, 'latin1');
  const size = 16 + bytes.readUInt16BE(14);
  const [version, command, family, transport] = [bytes[12]! >> 4, bytes[12]! & 15, bytes[13]! >> 4, bytes[13]! & 15];
  if (version !== 2 || command > 1 || size > 4096 || bytes.length < size) return undefined;
  if (command === 0) return { size, ends: undefined };
  if (family > 3 || transport > 2) return undefined;
  if (family === 0 || transport === 0) return { size, ends: undefined };
  const each = addressSizes[family]!;
  const portsAt = 16 + 2 * each;
  const vectorsAt = portsAt + (family === 3 ? 0 : 4);
  if (size < vectorsAt || !areVectorsRight(bytes.subarray(0, size), vectorsAt)) return undefined;
  if (family === 3) return { size, ends: undefined };
  return {
    size,
    ends: {
      address: canonical(textOf(bytes.subarray(16, 16 + each))),
      port: bytes.readUInt16BE(portsAt),
      localAddress: canonical(textOf(bytes.subarray(16 + each, portsAt))),
      localPort: bytes.readUInt16BE(portsAt + 2),
    },
  };
}

/** 2.2.3: with the four bytes of the checksum as zeros. */
function areVectorsRight(header: Buffer, from: number): boolean {
  for (let at = from; at < header.length; ) {
    if (at + 3 > header.length) return false;
    const end = at + 3 + header.readUInt16BE(at + 1);
    if (end > header.length) return false;
    if (header[at] === 3) {
      const zeroed = Buffer.from(header).fill(0, at + 3, end);
      if (end - at !== 7 || header.readUInt32BE(at + 3) !== plainCrc32c(zeroed)) return false;
    }
    at = end;
  }
  return true;
}

/** RFC 4960, appendix B, bit by bit. */
export function plainCrc32c(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0x82f63b78 : 0);
  }
  return ~rest >>> 0;
}

// ── Addresses as text ────────────────────────────────────────────────────────────────────────────────────────────────

/** Every group written out, in hex. */
function textOf(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  return Array.from({ length: 8 }, (_, k) => (bytes[2 * k]! * 256 + bytes[2 * k + 1]!).toString(16)).join(':');
}

/** One text for each address (RFC 5952), by way of a URL reader; an IPv4 address in IPv6 clothes (RFC 4291, 2.5.5.2) is that IPv4 address. */
export function canonical(address: string): string {
  if (isIPv4(address)) return address;
  const short = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short);
  if (mapped === null) return short;
  return [mapped[1]!, mapped[2]!]
    .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
    .join('.');
}

/** A header of version 2, TCP over IPv4 or IPv6, that says the same. */
export function asVersion2({ address, port, localAddress, localPort }: PlainEnds): string {
  const both = [bytesOf(address), bytesOf(localAddress)];
  const [family, size] = both.every(({ length }) => length === 4) ? [0x11, 12] : [0x21, 36];
  const addresses = both.map((bytes) => (bytes.length * 2 + 4 === size ? bytes : mapped(bytes)));
  const ports = [port >> 8, port & 255, localPort >> 8, localPort & 255];
  return Buffer.concat([
    Buffer.from(signature, 'latin1'),
    Buffer.from([0x21, family, 0, size]),
    ...addresses,
    Buffer.from(ports),
  ]).toString('latin1');
}

const mapped = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]), bytes]);

function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [left = '', right] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const missing = right === undefined ? 0 : 8 - groups(left).length - groups(right).length;
  const all = [...groups(left), ...Array.from({ length: missing }, () => '0'), ...groups(right ?? '')];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
