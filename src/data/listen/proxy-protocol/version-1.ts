import { isIPv4, isIPv6 } from 'node:net';
import { CR } from '../../http1/byte-classes.ts';
import { REFUSED, readExactly, readLineEnd } from '../../http1/reading.ts';
import { canonicalIpv6 } from './ip-text.ts';
import type { ProxyHeader } from './proxy-header.ts';

const PREFIX = Buffer.from('PROXY ');
const LF = 10;
/** Of the whole line with its CR LF. */
const LINE_LIMIT_BYTES = 107;
const LARGEST_PORT = 65_535;

/** `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443` CR LF (section 2.1). */
export function readVersion1(header: ProxyHeader, bytes: Uint8Array, start: number, end: number): number {
  const from = readExactly(bytes, start, end, PREFIX);
  if (from < 0) return from;
  const after = skipLine(bytes, from, end, start + LINE_LIMIT_BYTES);
  if (after < 0) return after;
  const line = String.fromCharCode(...bytes.subarray(from, after - 2));
  if (line === 'UNKNOWN' || line.startsWith('UNKNOWN ')) return after;
  const [protocol, address = '', localAddress = '', port = '', localPort = '', ...rest] = line.split(' ');
  const isAddress = protocol === 'TCP4' ? isIPv4 : protocol === 'TCP6' ? isPlainIpv6 : never;
  if (!isAddress(address) || !isAddress(localAddress) || !isPort(port) || !isPort(localPort) || rest.length > 0) {
    return REFUSED;
  }
  header.proxied = true;
  header.address = protocol === 'TCP4' ? address : canonicalIpv6(address);
  header.localAddress = protocol === 'TCP4' ? localAddress : canonicalIpv6(localAddress);
  header.port = Number(port);
  header.localPort = Number(localPort);
  return after;
}

/** The position after CR LF, which must end before `limit`. */
function skipLine(bytes: Uint8Array, from: number, end: number, limit: number): number {
  let i = from;
  while (i < end && i < limit - 1 && bytes[i] !== CR && bytes[i] !== LF) i++;
  return i === limit - 1 ? REFUSED : readLineEnd(bytes, i, end);
}

const never = (): boolean => false;

const isPlainIpv6 = (text: string): boolean => isIPv6(text) && !text.includes('%');

const isPort = (text: string): boolean => /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= LARGEST_PORT;
