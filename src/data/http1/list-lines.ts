import { COLON, LF } from './byte-classes.ts';
import type { MessageHead } from './message-head.ts';
import { isWord } from './reading.ts';

/**
 * The values of the lines of one name (lower case) among those that are sent on, joined as the one list that they are
 * (RFC 9110, 5.3); '' where there is none. At most `limitBytes` of each line. A search through the whole head, for what
 * is asked seldom: readers note nothing for it.
 */
export function listOf(head: MessageHead, name: Uint8Array, limitBytes: number): string {
  const { bytes, runs } = head;
  const values: string[] = [];
  for (let run = 0; run < head.runCount * 2; run += 2) {
    for (let line = runs[run]!; line < runs[run + 1]!; line = bytes.indexOf(LF, line) + 1) {
      const nameEnd = line + name.length;
      if (bytes[nameEnd] !== COLON || !isWord(bytes, line, nameEnd, name)) continue;
      const lineEnd = bytes.indexOf(LF, nameEnd) - 1;
      values.push(bytes.toString('latin1', nameEnd + 1, Math.min(lineEnd, nameEnd + 1 + limitBytes)));
    }
  }
  return values.join();
}
