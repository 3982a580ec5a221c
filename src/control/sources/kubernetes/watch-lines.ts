import { Setback } from './setback.ts';

/** An object of 1.5 MiB, the most that etcd takes, has less than this even when every byte of it is escaped. */
const LONGEST_LINE_BYTES = 16 << 20;
const LINE_END = 10;

/** Cuts a stream of bytes into lines; what has no end yet waits for the next chunk. */
export class WatchLines {
  readonly #longestBytes: number;
  #rest: Buffer[] = [];
  #restBytes = 0;

  constructor(longestBytes = LONGEST_LINE_BYTES) {
    this.#longestBytes = longestBytes;
  }

  /** The lines that end in this chunk, without their ends. @throws Setback when a line is longer than any can be. */
  *push(chunk: Buffer): Generator<Buffer> {
    let start = 0;
    for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, start)) {
      const line = this.#complete(chunk.subarray(start, end));
      start = end + 1;
      if (line.length > 0) yield line;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** Bytes of a line that has not ended. */
  get open(): number {
    return this.#restBytes;
  }

  #complete(tail: Buffer): Buffer {
    if (this.#restBytes === 0) return tail;
    this.#keep(tail);
    const line = Buffer.concat(this.#rest, this.#restBytes);
    this.#rest = [];
    this.#restBytes = 0;
    return line;
  }

  #keep(part: Buffer): void {
    this.#rest.push(part);
    this.#restBytes += part.length;
    if (this.#restBytes > this.#longestBytes) throw new Setback('garbled', 'a line of the watch does not end');
  }
}
