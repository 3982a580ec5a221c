import { readAuthority } from './authority.ts';
import { QUERY, SLASH, SP, TOKEN } from './byte-classes.ts';
import { SAW_ABSOLUTE } from './message-head.ts';
import { CanonicalPath, NOT_PLAIN, scanPath } from './path.ts';
import { INCOMPLETE, REFUSED, readExactly, readLineEnd, readWord } from './reading.ts';
import type { RequestHead } from './request-head.ts';

const QUESTION = 0x3f;
const root = Buffer.from('/');
const asterisk = Buffer.from('*');

/** Longer than any method registered with IANA; RFC 9112, 3 asks for 501 beyond what a server knows. */
const METHOD_LIMIT = 32;

const methods = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'CONNECT', 'TRACE', 'PRI'].map((text) => ({
  text,
  bytes: Buffer.from(text),
}));

/** `method SP target SP version CRLF` (RFC 9112, 3): the position of the first header line. */
export function readRequestLine(head: RequestHead, bytes: Buffer, from: number, end: number, limit: number): number {
  let i = readMethod(head, bytes, from, end);
  if (i < 0) return i;
  i = readBoundedTarget(head, bytes, i, end, limit);
  if (i < 0) return i;
  return readVersion(head, bytes, i, end);
}

/** Any token is a method; the position after its space. */
function readMethod(head: RequestHead, bytes: Buffer, from: number, end: number): number {
  let i = from;
  while (i < end && TOKEN[bytes[i]!]) i++;
  if (i - from > METHOD_LIMIT) return refuse(head, 'method-unknown');
  if (i === end) return INCOMPLETE;
  if (i === from || bytes[i] !== SP) return REFUSED;
  head.method = methodOf(bytes, from, i);
  if (head.method === 'CONNECT') return refuse(head, 'method-unknown');
  if (head.method === 'TRACE') return refuse(head, 'method-refused');
  // RFC 9113, 11.6: the beginning of HTTP/2, never a request.
  return head.method === 'PRI' ? REFUSED : i + 1;
}

function refuse(head: RequestHead, failure: RequestHead['failure']): number {
  head.failure = failure;
  return REFUSED;
}

function methodOf(bytes: Buffer, start: number, end: number): string {
  for (let k = 0; k < methods.length; k++) {
    const method = methods[k]!;
    if (method.bytes.length === end - start && readExactly(bytes, start, end, method.bytes) === end) return method.text;
  }
  return bytes.toString('latin1', start, end);
}

function readBoundedTarget(head: RequestHead, bytes: Buffer, from: number, end: number, limit: number): number {
  // One byte more than the limit: there the space must stand.
  const stop = Math.min(end, from + limit + 1);
  const i = readTarget(head, bytes, from, stop);
  return i === INCOMPLETE && stop - from > limit ? refuse(head, 'target-too-long') : i;
}

/** The three forms of a target that are not CONNECT's (RFC 9112, 3.2); the position after the space behind it. */
function readTarget(head: RequestHead, bytes: Buffer, from: number, end: number): number {
  if (from >= end) return INCOMPLETE;
  if (bytes[from] === SLASH) return readPathAndQuery(head, bytes, from, end);
  if (bytes[from] === asterisk[0]) return readAsterisk(head, bytes, from, end);
  return readAbsolute(head, bytes, from, end);
}

function readAsterisk(head: RequestHead, bytes: Buffer, from: number, end: number): number {
  if (head.method !== 'OPTIONS') return REFUSED;
  if (from + 1 === end) return INCOMPLETE;
  setTarget(head, bytes, from, from + 1, from + 1);
  return bytes[from + 1] === SP ? from + 2 : REFUSED;
}

const scheme = Buffer.from('http');
const authorityMark = Buffer.from('://');

/** The target wins over Host (RFC 9112, 3.2.2). An empty path is `/`, or `*` for OPTIONS (RFC 9112, 3.2.4). */
function readAbsolute(head: RequestHead, bytes: Buffer, from: number, end: number): number {
  let i = readWord(bytes, from, end, scheme);
  if (i < 0) return i;
  if (i < end && (bytes[i]! | 0x20) === 0x73) i++; // s of https
  i = readExactly(bytes, i, end, authorityMark);
  if (i < 0) return i;
  i = readAuthority(head, bytes, i, end);
  if (i < 0) return i;
  head.seen |= SAW_ABSOLUTE;
  if (bytes[i] === SLASH) return readPathAndQuery(head, bytes, i, end);
  if (bytes[i] === QUESTION) return readQuery(head, bytes, i, i, end, root, 1);
  setTarget(head, head.method === 'OPTIONS' ? asterisk : root, 0, 1, 1);
  return bytes[i] === SP ? i + 1 : REFUSED;
}

const canonical = new CanonicalPath();

function readPathAndQuery(head: RequestHead, bytes: Buffer, from: number, end: number): number {
  let i = scanPath(bytes, from, end);
  if (i >= 0) return readQuery(head, bytes, from, i, end, bytes, 0);
  if (i !== NOT_PLAIN) return i;
  i = canonical.read(bytes, from, end);
  if (i < 0) return i;
  if (canonical.equals(bytes, from, i)) return readQuery(head, bytes, from, i, end, bytes, 0);
  return readQuery(head, bytes, from, i, end, canonical.bytes, canonical.length);
}

/**
 * The query, if any, at `pathEnd`, and the space. The path is bytes[pathStart, pathEnd) when `path` is `bytes`, else
 * path[0, pathLength): then both are copied together.
 */
function readQuery(
  head: RequestHead,
  bytes: Buffer,
  pathStart: number,
  pathEnd: number,
  end: number,
  path: Buffer,
  pathLength: number,
): number {
  let i = pathEnd;
  while (i < end && QUERY[bytes[i]!]) i++;
  if (i === end) return INCOMPLETE;
  if (bytes[i] !== SP) return REFUSED;
  if (path === bytes) setTarget(head, bytes, pathStart, pathEnd, i);
  else {
    const target = Buffer.allocUnsafe(pathLength + i - pathEnd);
    path.copy(target, 0, 0, pathLength);
    bytes.copy(target, pathLength, pathEnd, i);
    setTarget(head, target, 0, pathLength, target.length);
  }
  return i + 1;
}

function setTarget(head: RequestHead, target: Buffer, start: number, pathEnd: number, end: number): void {
  head.target = target;
  head.targetStart = start;
  head.pathEnd = pathEnd;
  head.targetEnd = end;
}

const versionMark = Buffer.from('HTTP/');
const minorMark = Buffer.from('1.');

const isDigit = (byte: number) => byte >= 48 && byte <= 57;

/** HTTP/1.1 or HTTP/1.0; another number is another protocol, anything else is malformed. */
function readVersion(head: RequestHead, bytes: Buffer, from: number, end: number): number {
  let i = readExactly(bytes, from, end, versionMark);
  if (i < 0) return i;
  const major = i;
  i = readExactly(bytes, major, end, minorMark);
  if (i === REFUSED)
    return isDigit(bytes[major]!) && bytes[major] !== 49 ? refuse(head, 'version-unsupported') : REFUSED;
  if (i < 0 || i === end) return INCOMPLETE;
  if (bytes[i] !== 48 && bytes[i] !== 49) return isDigit(bytes[i]!) ? refuse(head, 'version-unsupported') : REFUSED;
  head.version = bytes[i] === 49 ? 11 : 10;
  return readLineEnd(bytes, i + 1, end);
}
