import { ChunkedBody } from './chunked-body.ts';
import { noBytes } from './message-head.ts';
import type { RequestHead } from './request-head.ts';

/** The body that a request head announces, by length or in chunks, over any number of reads. One per connection. */
export class RequestBody {
  state: 'reading' | 'done' | 'malformed' | 'too-large' = 'reading';
  /** The data found by the last `step`, maybe empty: positions in the bytes it was given. */
  dataStart = 0;
  dataEnd = 0;
  /** Bytes still to come; Infinity in chunks, where nobody knows. */
  left = 0;
  readonly #chunked = new ChunkedBody();
  #inChunks = false;
  #limitBytes = 0;
  #bytes = 0;

  /** The next body begins; the head has one. `limitBytes`: most data in chunks, 0 for any; lengths are judged before. */
  begin(head: RequestHead, limitBytes: number): void {
    this.state = 'reading';
    this.#inChunks = head.body === 'chunked';
    this.left = this.#inChunks ? Number.POSITIVE_INFINITY : head.contentLength;
    this.#limitBytes = limitBytes;
    this.#bytes = 0;
    if (this.#inChunks) this.#chunked.reset(true);
  }

  /** Reads up to the end of at most one piece of data; returns where to go on. To be called while the state is `reading`. */
  step(bytes: Uint8Array, start: number, end: number): number {
    return this.#inChunks ? this.#stepChunk(bytes, start, end) : this.#stepLength(start, end);
  }

  /** When `done`: see `ChunkedBody.trailers`. */
  get trailers(): Buffer {
    return this.#inChunks ? this.#chunked.trailers : noBytes;
  }

  #stepLength(start: number, end: number): number {
    this.dataStart = start;
    this.dataEnd = Math.min(end, start + this.left);
    this.left -= this.dataEnd - start;
    if (this.left === 0) this.state = 'done';
    return this.dataEnd;
  }

  #stepChunk(bytes: Uint8Array, start: number, end: number): number {
    const chunked = this.#chunked;
    const at = chunked.step(bytes, start, end);
    this.dataStart = chunked.dataStart;
    this.dataEnd = chunked.dataEnd;
    this.#bytes += chunked.dataEnd - chunked.dataStart;
    this.state = this.#limitBytes > 0 && this.#bytes > this.#limitBytes ? 'too-large' : chunked.state;
    return at;
  }
}
