import { SP } from './byte-classes.ts';
import { dropNamedLines, forgetNames } from './connection-options.ts';
import { trimLength } from './framing.ts';
import { readHeaderLines } from './header-lines.ts';
import {
  CONNECTION,
  CONTENT_LENGTH,
  DATE,
  type HeaderKind,
  HOP_BY_HOP,
  KEEP_ALIVE,
  TE,
  TRAILER,
  TRANSFER_ENCODING,
  UPGRADE,
} from './header-names.ts';
import { elementEnd, trimmedEnd } from './list-values.ts';
import { addRun, MessageHead, SAW_CHUNKED, SAW_CLOSE, SAW_DATE, SAW_KEEP_ALIVE, SAW_LENGTH } from './message-head.ts';
import { INCOMPLETE, isWord, REFUSED, readExactly, readLineEnd, skipSpace, skipValue } from './reading.ts';
import { readSharedValue } from './shared-values.ts';

export interface AnswerLimits {
  readonly headLimitBytes: number;
  readonly headerLimit: number;
}

/**
 * The first run begins at the status digits (`200 OK`), so that `HTTP/1.1 `, the runs, our own lines and CRLF are a
 * whole head.
 */
export class AnswerHead extends MessageHead {
  /** 100 to 599. */
  status = 0;
  /** `none` also for `Content-Length: 0`: no byte of body follows. */
  framing: 'none' | 'length' | 'chunked' | 'until-close' = 'none';
  /** From `Keep-Alive: timeout=SECONDS`; -1 when not said. */
  keepAliveTimeoutMs = -1;
  /** A Date line is among the runs; a second one is not. */
  dated = false;
}

const dropped =
  (1 << TRANSFER_ENCODING) |
  (1 << CONNECTION) |
  (1 << KEEP_ALIVE) |
  (1 << UPGRADE) |
  (1 << TE) |
  (1 << HOP_BY_HOP) |
  (1 << TRAILER);
/** RFC 9110, 8.6: no Content-Length in 1xx and 204. */
const droppedWithoutBody = dropped | (1 << CONTENT_LENGTH);

const rules = { readValue };

/**
 * Reads one head of an answer from bytes[start, end): the position after it, INCOMPLETE or REFUSED (malformed or over
 * a limit). `headRequest`: the request was HEAD. Nothing outside the range is looked at; called again from the same
 * start when there is more, with the same promises as `readRequestHead`.
 */
export function readAnswerHead(
  head: AnswerHead,
  bytes: Buffer,
  start: number,
  end: number,
  limits: AnswerLimits,
  headRequest: boolean,
): number {
  reset(head, bytes);
  const i = readHead(head, bytes, start, Math.min(end, start + limits.headLimitBytes), limits.headerLimit);
  if (i >= 0) conclude(head, headRequest);
  else if (i === REFUSED || end - start >= limits.headLimitBytes) {
    head.failure = 'upstream-malformed';
    return REFUSED;
  }
  return i;
}

function reset(head: AnswerHead, bytes: Buffer): void {
  forgetNames();
  head.bytes = bytes;
  head.runCount = 0;
  head.contentLength = 0;
  head.failure = undefined;
  head.seen = 0;
  head.upgradeStart = 0;
  head.upgradeEnd = 0;
  head.trailerLines.end = 0;
  head.keepAliveTimeoutMs = -1;
}

function readHead(head: AnswerHead, bytes: Buffer, start: number, end: number, headerLimit: number): number {
  const statusStart = readVersion(head, bytes, start, end);
  if (statusStart < 0) return statusStart;
  const linesStart = readStatus(head, bytes, statusStart, end);
  if (linesStart < 0) return linesStart;
  addRun(head, statusStart, linesStart);
  head.dropped = head.status < 200 || head.status === 204 ? droppedWithoutBody : dropped;
  const i = readHeaderLines(head, bytes, linesStart, end, headerLimit, rules);
  if (i < 0) return i;
  dropNamedLines(head, linesStart);
  trimLength(head);
  return i;
}

const versionMark = Buffer.from('HTTP/1.');

/** `HTTP/1.1 ` or `HTTP/1.0 `. */
function readVersion(head: AnswerHead, bytes: Buffer, from: number, end: number): number {
  const i = readExactly(bytes, from, end, versionMark);
  if (i < 0) return i;
  if (i === end) return INCOMPLETE;
  if (bytes[i] !== 48 && bytes[i] !== 49) return REFUSED;
  head.version = bytes[i] === 49 ? 11 : 10;
  if (i + 1 === end) return INCOMPLETE;
  return bytes[i + 1] === SP ? i + 2 : REFUSED;
}

/**
 * Three digits and a reason, which may be empty (RFC 9112, 4); many servers then leave out its space as well, so
 * that passes, and whoever writes the line puts it in. Codes above 599 mean nothing to anybody (RFC 9110, 15).
 */
function readStatus(head: AnswerHead, bytes: Buffer, from: number, end: number): number {
  head.status = 0;
  for (let i = from; i < from + 3; i++) {
    if (i >= end) return INCOMPLETE;
    const digit = bytes[i]! - 48;
    if (digit < 0 || digit > 9 || (i === from && (digit < 1 || digit > 5))) return REFUSED;
    head.status = head.status * 10 + digit;
  }
  const i = from + 3;
  return readLineEnd(bytes, i < end && bytes[i] === SP ? skipValue(bytes, i, end) : i, end);
}

/** RFC 9112, 6.3. */
function conclude(head: AnswerHead, headRequest: boolean): void {
  const { seen, status } = head;
  if (headRequest || status < 200 || status === 204 || status === 304) head.framing = 'none';
  else if (seen & SAW_CHUNKED) head.framing = 'chunked';
  else if (!(seen & SAW_LENGTH)) head.framing = 'until-close';
  else head.framing = head.contentLength > 0 ? 'length' : 'none';
  if (head.framing !== 'length') head.contentLength = 0;
  head.dated = (seen & SAW_DATE) !== 0;
  const asked = head.version === 11 || (seen & SAW_KEEP_ALIVE) !== 0;
  head.keepAlive = asked && !(seen & SAW_CLOSE) && head.framing !== 'until-close';
}

function readValue(head: AnswerHead, kind: HeaderKind, bytes: Buffer, from: number, end: number): number {
  switch (kind) {
    case KEEP_ALIVE:
      return readKeepAlive(head, bytes, from, end);
    case DATE:
      return readDate(head, bytes, from, end);
    default:
      return readSharedValue(head, kind, bytes, from, end);
  }
}

/** The first one counts: which of two a cache believes is nobody's to guess. */
function readDate(head: AnswerHead, bytes: Buffer, from: number, end: number): number {
  if (head.seen & SAW_DATE) head.dropped |= 1 << DATE;
  head.seen |= SAW_DATE;
  return skipValue(bytes, from, end);
}

const timeout = Buffer.from('timeout=');

/** `timeout=5, max=100`: a hint, so what cannot be read is not said. */
function readKeepAlive(head: AnswerHead, bytes: Buffer, from: number, end: number): number {
  const valueEnd = skipValue(bytes, from, end);
  for (let i = from; i < valueEnd; ) {
    const next = elementEnd(bytes, i, valueEnd);
    const first = skipSpace(bytes, i, next);
    const digits = first + timeout.length;
    if (digits <= next && isWord(bytes, first, digits, timeout)) {
      head.keepAliveTimeoutMs = secondsAsMs(bytes, digits, trimmedEnd(bytes, digits, next));
    }
    i = next + 1;
  }
  return valueEnd;
}

/** Up to six digits: eleven days are enough for a connection. */
function secondsAsMs(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > 6) return -1;
  let seconds = 0;
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - 48;
    if (digit < 0 || digit > 9) return -1;
    seconds = seconds * 10 + digit;
  }
  return seconds * 1000;
}
