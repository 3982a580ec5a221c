import { COLON, COMMA, CR, LF, LOWER, TOKEN } from './byte-classes.ts';
import { addRun, type MessageHead, SAW_CLOSE, SAW_KEEP_ALIVE, SAW_UPGRADE_OPTION } from './message-head.ts';
import { INCOMPLETE, isWord, REFUSED, skipSpace } from './reading.ts';

const close = Buffer.from('close');
const keepAlive = Buffer.from('keep-alive');
const upgrade = Buffer.from('upgrade');
const te = Buffer.from('te');

/**
 * Lines that stay though Connection names them. RFC 9110, 7.6.1 forbids to name what is meant for all recipients;
 * who does it anyway wants a backend that sees no credentials, no length or no cache rule where its neighbours do.
 */
const endToEnd = ['authorization', 'cache-control', 'cookie', 'date', 'expect', 'host', 'origin', 'set-cookie'].map(
  (name) => Buffer.from(name),
);
const contentPrefix = Buffer.from('content-');

/** More names than anybody has use for: each is compared with each line. */
const NAME_LIMIT = 32;

/** Header names that Connection lines told to drop: pairs [start, end) in the head being read. */
const named = new Int32Array(NAME_LIMIT * 2);
let namedCount = 0;

/** A new head: nothing is named. */
export function forgetNames(): void {
  namedCount = 0;
}

/** Connection (RFC 9110, 7.6.1): a list of tokens; empty elements are ignored, anything else is refused. */
export function readConnection(head: MessageHead, bytes: Uint8Array, from: number, end: number): number {
  let i = skipSpace(bytes, from, end);
  for (;;) {
    while (i < end && bytes[i] === COMMA) i = skipSpace(bytes, i + 1, end);
    if (i === end) return INCOMPLETE;
    if (bytes[i] === CR) return i;
    const start = i;
    while (i < end && TOKEN[bytes[i]!]) i++;
    if (i === end) return INCOMPLETE;
    if (i === start || !takeOption(head, bytes, start, i)) return REFUSED;
    i = skipSpace(bytes, i, end);
    if (i === end) return INCOMPLETE;
    if (bytes[i] !== COMMA) return i;
  }
}

function takeOption(head: MessageHead, bytes: Uint8Array, start: number, end: number): boolean {
  if (isWord(bytes, start, end, keepAlive)) head.seen |= SAW_KEEP_ALIVE;
  else if (isWord(bytes, start, end, close)) head.seen |= SAW_CLOSE;
  else if (isWord(bytes, start, end, upgrade)) head.seen |= SAW_UPGRADE_OPTION;
  else if (!isWord(bytes, start, end, te)) return name(start, end);
  return true;
}

function name(start: number, end: number): boolean {
  if (namedCount === NAME_LIMIT) return false;
  named[namedCount * 2] = start;
  named[namedCount * 2 + 1] = end;
  namedCount++;
  return true;
}

/**
 * Takes the named lines out of the runs of a head that was read to its end. `linesStart`: where the header lines
 * begin; what the runs have before it stays.
 */
export function dropNamedLines(head: MessageHead, linesStart: number): void {
  if (namedCount === 0) return;
  const before = head.runs.slice(0, head.runCount * 2);
  head.runCount = 0;
  for (let run = 0; run < before.length; run += 2) {
    const runEnd = before[run + 1]!;
    let line = Math.max(before[run]!, linesStart);
    addRun(head, before[run]!, line);
    while (line < runEnd) {
      const nameEnd = head.bytes.indexOf(COLON, line);
      const lineEnd = head.bytes.indexOf(LF, nameEnd) + 1;
      if (!isDropped(head.bytes, line, nameEnd)) addRun(head, line, lineEnd);
      line = lineEnd;
    }
  }
}

function isDropped(bytes: Uint8Array, start: number, end: number): boolean {
  for (let k = 0; k < namedCount; k++) {
    if (isSame(bytes, start, end, named[k * 2]!, named[k * 2 + 1]!)) return !isEndToEnd(bytes, start, end);
  }
  return false;
}

function isSame(bytes: Uint8Array, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let k = 0; k < end - start; k++) {
    if (LOWER[bytes[start + k]!] !== LOWER[bytes[otherStart + k]!]) return false;
  }
  return true;
}

function isEndToEnd(bytes: Uint8Array, start: number, end: number): boolean {
  if (isWord(bytes, start, Math.min(end, start + contentPrefix.length), contentPrefix)) return true;
  return endToEnd.some((word) => isWord(bytes, start, end, word));
}
