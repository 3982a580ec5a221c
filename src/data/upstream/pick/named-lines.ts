import { COLON, HT, LF, SP } from '../../http1/byte-classes.ts';
import { isWord, skipSpace } from '../../http1/reading.ts';
import type { RequestHead } from '../../http1/request-head.ts';

/**
 * Finds the header lines of one name among those that a request sends on, without making strings. One per policy, used
 * again for each request.
 */
export class NamedLines {
  /** The value of the line found last, without the space around it. */
  start = 0;
  end = 0;
  readonly #name: Uint8Array;
  #head: RequestHead | undefined;
  #run = 0;
  #line = 0;

  /** `name` in lower case. */
  constructor(name: string) {
    this.#name = Buffer.from(name, 'latin1');
  }

  /** The first line of this name. */
  first(head: RequestHead): boolean {
    this.#head = head;
    this.#run = 0;
    this.#line = head.runCount > 0 ? head.runs[0]! : 0;
    return this.next();
  }

  /** The line of this name behind the one found last. */
  next(): boolean {
    const { bytes, runs, runCount } = this.#head!;
    const length = this.#name.length;
    for (; this.#run < runCount; this.#line = runs[++this.#run * 2]!) {
      const runEnd = runs[this.#run * 2 + 1]!;
      while (this.#line < runEnd) {
        const line = this.#line;
        const colon = line + length;
        const found = bytes[colon] === COLON && isWord(bytes, line, colon, this.#name);
        this.#line = lineEnd(bytes, found ? colon : line, runEnd);
        if (found) return this.#take(bytes, colon + 1);
      }
    }
    return false;
  }

  #take(bytes: Uint8Array, from: number): true {
    this.end = this.#line - 2;
    this.start = skipSpace(bytes, from, this.end);
    while (this.end > this.start && (bytes[this.end - 1] === SP || bytes[this.end - 1] === HT)) this.end--;
    return true;
  }
}

/** Runs are whole lines, and no value has a line feed in it. */
function lineEnd(bytes: Uint8Array, from: number, end: number): number {
  let i = from;
  while (i < end && bytes[i] !== LF) i++;
  return i + 1;
}
