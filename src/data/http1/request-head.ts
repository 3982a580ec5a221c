import { readAuthority } from './authority.ts';
import { CR, LF, TOKEN } from './byte-classes.ts';
import { dropNamedLines, forgetNames } from './connection-options.ts';
import { trimLength } from './framing.ts';
import { readHeaderLines } from './header-lines.ts';
import {
  CONNECTION,
  EXPECT,
  type HeaderKind,
  HOP_BY_HOP,
  HOST,
  KEEP_ALIVE,
  OURS,
  TE,
  TRAILER,
  TRANSFER_ENCODING,
  UPGRADE,
  VIA,
} from './header-names.ts';
import { elementEnd, hasElement } from './list-values.ts';
import {
  LineRegion,
  MessageHead,
  noBytes,
  noteLine,
  SAW_ABSOLUTE,
  SAW_CHUNKED,
  SAW_CLOSE,
  SAW_EXPECT,
  SAW_HOST,
  SAW_KEEP_ALIVE,
  SAW_LENGTH,
  SAW_SECOND_UPGRADE,
  SAW_UPGRADE,
  SAW_UPGRADE_OPTION,
} from './message-head.ts';
import { INCOMPLETE, isWord, REFUSED, readWord, skipSpace, skipValue } from './reading.ts';
import { readRequestLine } from './request-line.ts';
import { readSharedValue } from './shared-values.ts';

export { INCOMPLETE, REFUSED };

/** `ShardSettings` has them. */
export interface HeadLimits {
  /** From the first byte to the end of the empty line. */
  readonly headLimitBytes: number;
  readonly targetLimitBytes: number;
  /** Header lines. */
  readonly headerLimit: number;
}

export class RequestHead extends MessageHead {
  /** `GET` and the like are always the same string; any other token as it came (methods have letter case). */
  method = '';
  /** Canonical path and query, `target[targetStart, targetEnd)`; the path ends at `pathEnd`. Usually `target === bytes`. */
  target: Buffer = noBytes;
  targetStart = 0;
  pathEnd = 0;
  targetEnd = 0;
  /** Host with port, for the Host line that goes on: `authority[authorityStart, authorityEnd)`. Empty only in HTTP/1.0. */
  authority: Buffer = noBytes;
  authorityStart = 0;
  authorityEnd = 0;
  /** Host for routing, in `authority`: no port, no dot at the end; brackets of an IPv6 address stay; any letter case. */
  hostStart = 0;
  hostEnd = 0;
  /** `none` also for `Content-Length: 0`: no byte of body follows. */
  body: 'none' | 'length' | 'chunked' = 'none';
  /** HTTP/1.1, `Connection: upgrade`, one Upgrade line, no body, nothing that would be another HTTP. */
  upgrade = false;
  /** `Expect: 100-continue` of HTTP/1.1 with a body to come. The line itself goes on. */
  expectContinue = false;
  /** `TE: trailers` of HTTP/1.1. */
  trailersAccepted = false;
  /** X-Forwarded-*, X-Real-IP, Forwarded and Proxy lines; they are left out of the runs. */
  readonly forwardedLines: LineRegion = new LineRegion();
  /** Via lines; they stay in the runs. */
  readonly viaLines: LineRegion = new LineRegion();
}

/** Content-Length and Expect are read and stay. HTTP/1.0 has no Expect (RFC 9110, 10.1.1): there it is left out. */
const dropped =
  (1 << HOST) |
  (1 << TRANSFER_ENCODING) |
  (1 << CONNECTION) |
  (1 << KEEP_ALIVE) |
  (1 << UPGRADE) |
  (1 << TE) |
  (1 << HOP_BY_HOP) |
  (1 << TRAILER) |
  (1 << OURS);
const droppedFrom10 = dropped | (1 << EXPECT);

const rules = { readValue };

/**
 * Reads one head from bytes[start, end): the position after it, INCOMPLETE, or REFUSED with `head.failure`. Nothing
 * outside the range is looked at. Called again from the same start when there is more: what a prefix is refused for,
 * every longer piece is refused for, and nothing is INCOMPLETE that cannot become valid (but for the inside of an
 * IPv6 address and of a percent triple, which are judged whole, and a missing Host, which is missed after the last LF).
 */
export function readRequestHead(
  head: RequestHead,
  bytes: Buffer,
  start: number,
  end: number,
  limits: HeadLimits,
): number {
  reset(head, bytes);
  const i = readHead(head, bytes, start, Math.min(end, start + limits.headLimitBytes), limits);
  if (i >= 0) return i;
  if (i === INCOMPLETE && end - start < limits.headLimitBytes) return INCOMPLETE;
  head.failure ??= i === INCOMPLETE ? 'head-too-large' : 'request-malformed';
  return REFUSED;
}

/**
 * Copies the bytes[start, end) of a head that was read to the same place in `kept`, which is at least `end` long, and
 * makes the head point there: what it was read from may be written over.
 */
export function keepRequestHead(head: RequestHead, kept: Buffer, start: number, end: number): void {
  const { bytes } = head;
  bytes.copy(kept, start, start, end);
  head.bytes = kept;
  head.authority = kept;
  head.target = head.target === bytes ? kept : head.target;
}

function reset(head: RequestHead, bytes: Buffer): void {
  forgetNames();
  head.bytes = bytes;
  head.authority = bytes;
  head.runCount = 0;
  head.contentLength = 0;
  head.failure = undefined;
  head.seen = 0;
  head.hostStart = 0;
  head.hostEnd = 0;
  head.authorityStart = 0;
  head.authorityEnd = 0;
  head.upgradeStart = 0;
  head.upgradeEnd = 0;
  head.trailersAccepted = false;
  head.trailerLines.end = 0;
  head.forwardedLines.end = 0;
  head.viaLines.end = 0;
}

function readHead(head: RequestHead, bytes: Buffer, start: number, end: number, limits: HeadLimits): number {
  const lineStart = skipEmptyLine(bytes, start, end);
  if (lineStart < 0) return lineStart;
  const linesStart = readRequestLine(head, bytes, lineStart, end, limits.targetLimitBytes);
  if (linesStart < 0) return linesStart;
  head.dropped = head.version === 10 ? droppedFrom10 : dropped;
  const i = readHeaderLines(head, bytes, linesStart, end, limits.headerLimit, rules);
  if (i < 0) return i;
  if (head.version === 11 && !(head.seen & SAW_HOST)) return REFUSED;
  dropNamedLines(head, linesStart);
  trimLength(head);
  conclude(head);
  return i;
}

/** RFC 9112, 2.2: a server should ignore an empty line before a request; one, not many. */
function skipEmptyLine(bytes: Uint8Array, start: number, end: number): number {
  if (start < end && bytes[start] !== CR) return start;
  if (start + 1 >= end) return INCOMPLETE;
  return bytes[start + 1] === LF ? start + 2 : REFUSED;
}

function conclude(head: RequestHead): void {
  const { seen, version } = head;
  head.body = seen & SAW_CHUNKED ? 'chunked' : head.contentLength > 0 ? 'length' : 'none';
  head.keepAlive = !(seen & SAW_CLOSE) && (version === 11 || (seen & SAW_KEEP_ALIVE) !== 0);
  head.expectContinue = (seen & SAW_EXPECT) !== 0 && version === 11 && head.body !== 'none';
  head.upgrade =
    (seen & (SAW_UPGRADE | SAW_UPGRADE_OPTION | SAW_SECOND_UPGRADE)) === (SAW_UPGRADE | SAW_UPGRADE_OPTION) &&
    version === 11 &&
    !(seen & (SAW_CHUNKED | SAW_LENGTH)) &&
    isOtherProtocol(head);
}

function readValue(head: RequestHead, kind: HeaderKind, bytes: Buffer, from: number, end: number): number {
  switch (kind) {
    case HOST:
      return readHost(head, bytes, from, end);
    case EXPECT:
      return readExpect(head, bytes, from, end);
    case UPGRADE:
      head.seen |= head.seen & SAW_UPGRADE ? SAW_SECOND_UPGRADE : SAW_UPGRADE;
      return readSharedValue(head, kind, bytes, from, end);
    case TE:
      return readTe(head, bytes, from, end);
    case OURS:
      return noteLine(head.forwardedLines, bytes, from, end);
    case VIA:
      return noteLine(head.viaLines, bytes, from, end);
    default:
      return readSharedValue(head, kind, bytes, from, end);
  }
}

/** Once (RFC 9112, 3.2), and never empty: it says nothing to route on. Judged even where the target wins over it. */
function readHost(head: RequestHead, bytes: Buffer, from: number, end: number): number {
  if (head.seen & SAW_HOST) return REFUSED;
  head.seen |= SAW_HOST;
  const { hostStart, hostEnd, authorityStart, authorityEnd } = head;
  const i = readAuthority(head, bytes, skipSpace(bytes, from, end), end);
  if (head.seen & SAW_ABSOLUTE) {
    head.hostStart = hostStart;
    head.hostEnd = hostEnd;
    head.authorityStart = authorityStart;
    head.authorityEnd = authorityEnd;
  }
  return i < 0 ? i : skipSpace(bytes, i, end);
}

const continueWord = Buffer.from('100-continue');

/** RFC 9110, 10.1.1: the one expectation there is; any other is answered 417. Said again, it is left out: nginx refuses two. */
function readExpect(head: RequestHead, bytes: Buffer, from: number, end: number): number {
  if (head.seen & SAW_EXPECT) head.dropped |= 1 << EXPECT;
  head.seen |= SAW_EXPECT;
  let i = readWord(bytes, skipSpace(bytes, from, end), end, continueWord);
  if (i >= 0) i = skipSpace(bytes, i, end);
  if (i === REFUSED || (i >= 0 && i < end && bytes[i] !== CR)) {
    head.failure = 'expectation-unknown';
    return REFUSED;
  }
  return i;
}

const trailers = Buffer.from('trailers');

function readTe(head: RequestHead, bytes: Buffer, from: number, end: number): number {
  const i = skipValue(bytes, from, end);
  if (head.version === 11 && hasElement(bytes, from, i, trailers)) head.trailersAccepted = true;
  return i;
}

const http = ['h2c', 'h2', 'http', 'tls'].map((name) => Buffer.from(name));

/**
 * No element of Upgrade may be HTTP or TLS: behind our back the connection would carry requests that nobody judged
 * ("h2c smuggling"). Such a request goes on without its upgrade, as RFC 9110, 7.8 allows.
 */
function isOtherProtocol(head: RequestHead): boolean {
  const { bytes, upgradeStart, upgradeEnd } = head;
  for (let i = upgradeStart; i < upgradeEnd; ) {
    i = skipSpace(bytes, i, upgradeEnd);
    let nameEnd = i;
    while (nameEnd < upgradeEnd && TOKEN[bytes[nameEnd]!]) nameEnd++;
    if (http.some((name) => isWord(bytes, i, nameEnd, name))) return false;
    i = elementEnd(bytes, nameEnd, upgradeEnd) + 1;
  }
  return upgradeEnd > upgradeStart;
}
