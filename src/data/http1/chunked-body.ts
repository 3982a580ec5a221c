import { COLON, CR, HEX, LF, NO_HEX, SEMICOLON, TOKEN, VALUE } from './byte-classes.ts';
import { noBytes } from './message-head.ts';
import { TRAILER_LIMIT_BYTES, TrailerLines } from './trailer-lines.ts';

/** More than any length needs; leading zeros must not go on for ever. */
const SIZE_DIGIT_LIMIT = 16;
/** RFC 9112, 7.1.1 asks for a bound; signed uploads to object stores use about 90 bytes. */
const EXTENSION_LIMIT_BYTES = 512;
const TRAILER_LIMIT_LINES = 100;

/** Where in the body the next byte stands. */
const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER_START = 6;
const TRAILER_NAME = 7;
const TRAILER_VALUE = 8;
const TRAILER_LF = 9;
const LAST_LF = 10;

/**
 * A chunked body (RFC 9112, 7.1), byte by byte over any number of reads:
 *
 *   ┌──────────────────────────────────────────────┐
 *   ▼                                              │
 *   size [;extension] CR LF ──► data CR LF ────────┘
 *                        └ 0 ─► (name: value CR LF)* CR LF ──► done
 *
 * Strict: hex digits alone for the size (no sign, space or 0x; below 2^53), CRLF alone as line end. Extensions are
 * checked, bounded and dropped; trailers as well, unless they are asked for.
 */
export class ChunkedBody {
  state: 'reading' | 'done' | 'malformed' = 'reading';
  /** The data found by the last `step`, maybe empty: positions in the bytes it was given. */
  dataStart = 0;
  dataEnd = 0;
  #at = SIZE;
  /** Bytes of the chunk still to come; while its size is read, what was read of it. */
  #size = 0;
  /** Digits, extension or trailer bytes, by what is being read. */
  #count = 0;
  #lines = 0;
  #keepTrailers = false;
  #kept: TrailerLines | undefined;

  /** The next body begins. */
  reset(keepTrailers = false): void {
    this.state = 'reading';
    this.#keepTrailers = keepTrailers;
    this.#kept = undefined;
    this.dataStart = 0;
    this.dataEnd = 0;
    this.#at = SIZE;
    this.#size = 0;
    this.#count = 0;
    this.#lines = 0;
  }

  /** When `done`: the trailer lines that may be passed on, with their line ends, if they were asked for; the caller's to keep. */
  get trailers(): Buffer {
    return this.#kept?.bytes ?? noBytes;
  }

  /**
   * Reads from `start` up to the end of at most one piece of data and returns the position to go on from: after the
   * body when `done`, at the offending byte when `malformed`. To be called until it returns `end` or the state is no
   * longer `reading`.
   */
  step(bytes: Uint8Array, start: number, end: number): number {
    this.dataStart = start;
    this.dataEnd = start;
    for (let i = start; i < end; i++) {
      if (this.state !== 'reading') return i;
      if (this.#at === DATA) return this.#takeData(i, end);
      if (!this.#take(bytes[i]!)) {
        this.state = 'malformed';
        return i;
      }
    }
    return end;
  }

  #takeData(from: number, end: number): number {
    const taken = Math.min(this.#size, end - from);
    this.#size -= taken;
    if (this.#size === 0) this.#at = DATA_CR;
    this.dataStart = from;
    this.dataEnd = from + taken;
    return this.dataEnd;
  }

  /** One byte of framing; false when it must not stand there. */
  #take(byte: number): boolean {
    switch (this.#at) {
      case SIZE:
        return this.#takeSize(byte);
      case EXTENSION:
        if (byte === CR) return this.#to(SIZE_LF);
        return VALUE[byte] === 1 && ++this.#count <= EXTENSION_LIMIT_BYTES;
      case SIZE_LF:
        return byte === LF && this.#endSizeLine();
      case DATA_CR:
        return byte === CR && this.#to(DATA_LF);
      case DATA_LF:
        return byte === LF && this.#to(SIZE);
      case LAST_LF:
        if (byte === LF) this.state = 'done';
        return byte === LF;
      default:
        return ++this.#count <= TRAILER_LIMIT_BYTES && this.#takeTrailer(byte) && this.#keepTrailer(byte);
    }
  }

  #to(at: number): boolean {
    this.#at = at;
    this.#count = 0;
    return true;
  }

  #takeSize(byte: number): boolean {
    const digit = HEX[byte]!;
    if (digit === NO_HEX) {
      if (this.#count === 0) return false;
      if (byte === CR) return this.#to(SIZE_LF);
      return byte === SEMICOLON && this.#to(EXTENSION);
    }
    this.#size = this.#size * 16 + digit;
    return ++this.#count <= SIZE_DIGIT_LIMIT && this.#size <= Number.MAX_SAFE_INTEGER;
  }

  #endSizeLine(): boolean {
    return this.#to(this.#size === 0 ? TRAILER_START : DATA);
  }

  #takeTrailer(byte: number): boolean {
    switch (this.#at) {
      case TRAILER_START:
        this.#at = byte === CR ? LAST_LF : TRAILER_NAME;
        return byte === CR || (TOKEN[byte] === 1 && ++this.#lines <= TRAILER_LIMIT_LINES);
      case TRAILER_NAME:
        if (byte === COLON) this.#at = TRAILER_VALUE;
        return byte === COLON || TOKEN[byte] === 1;
      case TRAILER_VALUE:
        if (byte === CR) this.#at = TRAILER_LF;
        return byte === CR || VALUE[byte] === 1;
      default:
        this.#at = TRAILER_START;
        return byte === LF;
    }
  }
  /** Called after the state has moved on: the CR that ends the section has no line. */
  #keepTrailer(byte: number): true {
    if (this.#keepTrailers && this.#at !== LAST_LF) {
      this.#kept ??= new TrailerLines();
      this.#kept.add(byte);
    }
    return true;
  }
}
