import { COLON, CR, TOKEN, VALUE } from './byte-classes.ts';
import { type HeaderKind, kindOf, PLAIN } from './header-names.ts';
import { addRun, type MessageHead } from './message-head.ts';
import { INCOMPLETE, REFUSED, readLineEnd } from './reading.ts';

/** What differs between heads of requests and of answers. */
export interface HeaderRules<H extends MessageHead> {
  /** Reads the value of a line that is not plain, from after the colon: the position of its CR, INCOMPLETE or REFUSED. */
  readValue(head: H, kind: HeaderKind, bytes: Buffer, from: number, end: number): number;
}

/**
 * Header lines from `from` to the empty line; what is kept, that is all but the kinds in `head.dropped`, goes to
 * `head.runs`. Returns the position after the empty line.
 *
 * Strict (RFC 9112, 5 and 2.2): CRLF and nothing else ends a line, no space before the colon, no folded lines.
 */
export function readHeaderLines<H extends MessageHead>(
  head: H,
  bytes: Buffer,
  from: number,
  end: number,
  headerLimit: number,
  rules: HeaderRules<H>,
): number {
  let i = from;
  let runStart = i;
  for (let lines = 0; ; lines++) {
    if (i >= end) return INCOMPLETE;
    const lineStart = i;
    if (bytes[i] === CR) break;
    if (lines === headerLimit) {
      head.failure = 'head-too-large';
      return REFUSED;
    }
    while (i < end && TOKEN[bytes[i]!]) i++;
    if (i === end) return INCOMPLETE;
    if (bytes[i] !== COLON || i === lineStart) return REFUSED;
    const kind = kindOf(bytes, lineStart, i);
    i++;
    if (kind === PLAIN) {
      while (i < end && VALUE[bytes[i]!]) i++;
      i = readLineEnd(bytes, i, end);
      if (i < 0) return i;
      continue;
    }
    i = rules.readValue(head, kind, bytes, i, end);
    if (i < 0) return i;
    i = readLineEnd(bytes, i, end);
    if (i < 0) return i;
    if ((head.dropped >> kind) & 1) {
      addRun(head, runStart, lineStart);
      runStart = i;
    }
  }
  addRun(head, runStart, i);
  return readLineEnd(bytes, i, end);
}
