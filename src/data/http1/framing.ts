import { COLON, CR, SP } from './byte-classes.ts';
import { cutRuns, type MessageHead, SAW_CHUNKED, SAW_LENGTH, SAW_PADDED_LENGTH } from './message-head.ts';
import { INCOMPLETE, REFUSED, readWord, skipSpace } from './reading.ts';

const ZERO = 48;
const chunked = Buffer.from('chunked');

/**
 * Content-Length (RFC 9110, 8.6): digits alone, up to 2^53 − 1, once, and never beside Transfer-Encoding. RFC 9112,
 * 6.3 lets a list of equal values pass; two readers may disagree on it, so it is refused.
 */
export function readContentLength(head: MessageHead, bytes: Uint8Array, from: number, end: number): number {
  if (head.seen & (SAW_LENGTH | SAW_CHUNKED)) return REFUSED;
  head.seen |= SAW_LENGTH;
  const first = skipSpace(bytes, from, end);
  let i = first;
  let value = 0;
  for (; i < end; i++) {
    const digit = bytes[i]! - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    if (value > Number.MAX_SAFE_INTEGER) return REFUSED;
  }
  if (i === end) return INCOMPLETE;
  head.contentLength = value;
  if (i === first) return REFUSED;
  const after = skipSpace(bytes, i, end);
  if (after > i || (first > from && bytes[first - 1] !== SP) || first > from + 1 || isZeroPadded(bytes, first, i)) {
    head.seen |= SAW_PADDED_LENGTH;
    head.digitsStart = first;
    head.digitsEnd = i;
  }
  return after;
}

const isZeroPadded = (bytes: Uint8Array, start: number, end: number) => bytes[start] === ZERO && end > start + 1;

/**
 * The line of a padded Content-Length goes on without tabs, spaces and leading zeros: RFC 9112, 5.1 allows the tab, but
 * nginx refuses it, and who reads another number there reads another body. Works on a head that was read to its end,
 * after all that looks at whole lines.
 */
export function trimLength(head: MessageHead): void {
  if (!(head.seen & SAW_PADDED_LENGTH)) return;
  const { bytes, digitsEnd } = head;
  let first = head.digitsStart;
  while (bytes[first] === ZERO && first + 1 < digitsEnd) first++;
  let start = first;
  while (bytes[start - 1] !== COLON) start--;
  let end = digitsEnd;
  while (bytes[end] !== CR) end++;
  cutRuns(head, start, first);
  cutRuns(head, digitsEnd, end);
}

/**
 * Transfer-Encoding (RFC 9112, 6.1): the one word `chunked`, once, in HTTP/1.1, never beside Content-Length. Other
 * codings and lists are refused: who removes which coding is where readers disagree.
 */
export function readTransferEncoding(head: MessageHead, bytes: Uint8Array, from: number, end: number): number {
  if (head.version === 10 || head.seen & (SAW_LENGTH | SAW_CHUNKED)) return REFUSED;
  head.seen |= SAW_CHUNKED;
  const i = readWord(bytes, skipSpace(bytes, from, end), end, chunked);
  return i < 0 ? i : skipSpace(bytes, i, end);
}
