import { INCOMPLETE, REFUSED, readExactly } from '../../http1/reading.ts';
import { crc32c } from './crc32c.ts';
import { ipv4Text, ipv6Text } from './ip-text.ts';
import type { ProxyHeader } from './proxy-header.ts';

/**
 * The first 16 bytes (section 2.2), then as many as they say:
 *
 *   0            12         13            14         16                16 + addresses        16 + length
 *   │ signature  │ 2 │ cmd  │ fam │ trans │ length   │ addresses, ports │ TLV │ TLV │ …      │ the connection's bytes
 */
const SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);
const FIXED_BYTES = 16;
/** A header has to fit one packet; certificates' names and the like in TLVs may take more. */
const HEADER_LIMIT_BYTES = 4096;

const LOCAL = 0x20;
const PROXY = 0x21;
const INET = 1;
const INET6 = 2;
/** Of addresses and ports, by family: UNSPEC, INET, INET6, UNIX. */
const ADDRESS_BYTES = [0, 12, 36, 216] as const;
const LARGEST_TRANSPORT = 2;
const UNSPEC = 0;

const TLV_HEADER_BYTES = 3;
const TYPE_CRC32C = 0x03;
const CRC32C_BYTES = 4;

export function readVersion2(header: ProxyHeader, bytes: Uint8Array, start: number, end: number): number {
  const command = readExactly(bytes, start, end, SIGNATURE);
  if (command < 0) return command;
  if (command < end && !isCommand(bytes[command]!)) return REFUSED;
  if (command + 1 < end && bytes[command] === PROXY && !isFamily(bytes[command + 1]!)) return REFUSED;
  if (start + FIXED_BYTES > end) return INCOMPLETE;
  const length = readUint16(bytes, start + 14);
  if (FIXED_BYTES + length > HEADER_LIMIT_BYTES) return REFUSED;
  const after = start + FIXED_BYTES + length;
  if (bytes[command] === LOCAL) return after <= end ? after : INCOMPLETE;
  const kind = bytes[command + 1]!;
  return readProxied(header, bytes, start, after, end, kind);
}

const isCommand = (byte: number): boolean => byte === LOCAL || byte === PROXY;

const isFamily = (byte: number): boolean => byte >> 4 < ADDRESS_BYTES.length && (byte & 0x0f) <= LARGEST_TRANSPORT;

function readProxied(
  header: ProxyHeader,
  bytes: Uint8Array,
  start: number,
  after: number,
  end: number,
  kind: number,
): number {
  const family = kind >> 4;
  if (family === UNSPEC || (kind & 0x0f) === UNSPEC) return after <= end ? after : INCOMPLETE;
  const at = start + FIXED_BYTES;
  const tlvs = at + ADDRESS_BYTES[family]!;
  if (tlvs > after) return REFUSED;
  if (after > end) return INCOMPLETE;
  if (!areTlvs(bytes, start, tlvs, after)) return REFUSED;
  if (family === INET) readAddresses(header, bytes, at, 4, ipv4Text);
  if (family === INET6) readAddresses(header, bytes, at, 16, ipv6Text);
  return after;
}

function readAddresses(
  header: ProxyHeader,
  bytes: Uint8Array,
  at: number,
  size: number,
  text: (bytes: Uint8Array, at: number) => string,
): void {
  header.proxied = true;
  header.address = text(bytes, at);
  header.localAddress = text(bytes, at + size);
  header.port = readUint16(bytes, at + 2 * size);
  header.localPort = readUint16(bytes, at + 2 * size + 2);
}

/** Type, length, value, one after the other up to the end of the header. Only the checksum says something to us. */
function areTlvs(bytes: Uint8Array, start: number, from: number, after: number): boolean {
  let i = from;
  while (i < after) {
    const value = i + TLV_HEADER_BYTES;
    if (value > after) return false;
    const next = value + readUint16(bytes, i + 1);
    if (next > after) return false;
    if (bytes[i] === TYPE_CRC32C && !isChecksum(bytes, start, after, value, next)) return false;
    i = next;
  }
  return true;
}

const isChecksum = (bytes: Uint8Array, start: number, after: number, value: number, next: number): boolean =>
  next - value === CRC32C_BYTES && readUint32(bytes, value) === crc32c(bytes, start, after, value);

const readUint16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

const readUint32 = (bytes: Uint8Array, at: number): number =>
  (readUint16(bytes, at) * 0x10000 + readUint16(bytes, at + 2)) >>> 0;
