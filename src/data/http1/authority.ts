import { isIPv6 } from 'node:net';
import { COLON, DOT, HOST_NAME, IPV6 } from './byte-classes.ts';
import { INCOMPLETE, REFUSED } from './reading.ts';
import type { RequestHead } from './request-head.ts';

const LEFT_BRACKET = 0x5b;
const RIGHT_BRACKET = 0x5d;
/** RFC 1035, 2.3.4; RFC 3986, 3.2.2 names the same bound. */
const HOST_LIMIT = 255;
/** `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`. */
const IPV6_LIMIT = 45;

/**
 * `host [":" port]` at `from` (RFC 9112, 3.2; RFC 3986, 3.2.2), into head.host* and head.authority*. Returns the
 * position of the first byte that is no part of it: what may stand there is the caller's to judge.
 *
 * Host: a name of letters, digits and `-._` without empty labels (a dot at the end is not part of what is routed),
 * or an IPv6 address in brackets. No user information, no percent-encoding, no zone. Port: 1 to 65,535, not empty, no
 * leading zero.
 */
export function readAuthority(head: RequestHead, bytes: Buffer, from: number, end: number): number {
  if (from >= end) return INCOMPLETE;
  const i = bytes[from] === LEFT_BRACKET ? readAddress(bytes, from, end) : readName(bytes, from, end);
  if (i < 0) return i;
  head.hostStart = from;
  head.hostEnd = bytes[i - 1] === DOT ? i - 1 : i;
  head.authorityStart = from;
  const after = i < end && bytes[i] === COLON ? readPort(bytes, i + 1, end) : i;
  head.authorityEnd = after;
  return after === end ? INCOMPLETE : after;
}

function readName(bytes: Uint8Array, from: number, end: number): number {
  let i = from;
  for (let labelStart = from; i < end && HOST_NAME[bytes[i]!]; i++) {
    if (i - from === HOST_LIMIT) return REFUSED;
    if (bytes[i] !== DOT) continue;
    if (i === labelStart) return REFUSED;
    labelStart = i + 1;
  }
  if (i === end) return INCOMPLETE;
  return i === from ? REFUSED : i;
}

/** The address is judged as a whole, at its bracket. */
function readAddress(bytes: Buffer, from: number, end: number): number {
  let i = from + 1;
  while (i < end && IPV6[bytes[i]!]) i++;
  if (i - from > IPV6_LIMIT + 1) return REFUSED;
  if (i === end) return INCOMPLETE;
  if (bytes[i] !== RIGHT_BRACKET) return REFUSED;
  return isIPv6(bytes.toString('latin1', from + 1, i)) ? i + 1 : REFUSED;
}

function readPort(bytes: Uint8Array, from: number, end: number): number {
  let i = from;
  let port = 0;
  for (; i < end; i++) {
    const digit = bytes[i]! - 48;
    if (digit < 0 || digit > 9) break;
    port = port * 10 + digit;
    if (port === 0 || port > 65_535) return REFUSED;
  }
  if (i === end) return INCOMPLETE;
  return i === from ? REFUSED : i;
}
