import { DOT, HEX, NO_HEX, PATH_ENCODED, PATH_PLAIN, SEMICOLON, SLASH, SP, UNRESERVED } from './byte-classes.ts';
import { noBytes } from './message-head.ts';
import { INCOMPLETE, REFUSED } from './reading.ts';

/**
 * The canonical path: routes are matched on it and it is what an upstream gets, so nobody behind us can read another
 * path than the one that was judged.
 *
 * | in the path                                      | becomes                                     | because |
 * |--------------------------------------------------|---------------------------------------------|---------|
 * | unreserved, sub-delims, `:`, `@`                 | itself                                      | RFC 3986, 3.3 |
 * | `%61` (an encoded unreserved byte)               | `a`                                         | RFC 3986, 6.2.2.2: the same path as `/admin` must meet the same rule |
 * | `%c3%a9`, `%20`, `%3f`, `%25`, `%0a`             | stays encoded, hex digits in upper case     | RFC 3986, 6.2.2.1 |
 * | `[`, `]`, `^`, `` ` ``, `{`, `|`, `}`            | percent-encoded                             | some clients send them as they are; one form of each goes on |
 * | segment `.` (also `%2e`)                         | removed                                     | RFC 3986, 5.2.4 |
 * | segment `..` (also `%2e.`, `.%2E`, `%2e%2e`)     | removed with the segment before it          | RFC 3986, 5.2.4 |
 * | `..` with no segment before it                   | refused                                     | RFC 3986 would ignore it; nobody honest sends it |
 * | `//`, `///`                                      | `/`, before dot segments are resolved       | as nginx (merge_slashes): else `//admin` passes by a rule for `/admin` and most upstreams merge |
 * | `%2f`, `%5c`, `\`                                | refused                                     | a slash to some readers and not to others |
 * | `%00`                                            | refused                                     | ends the path for some readers |
 * | overlong UTF-8 (`%c0%af`, `%e0%80%af`, …)        | refused                                     | RFC 3629, 3: decodes to `/` or `.` in careless readers; other bytes above %7F pass, UTF-8 or not |
 * | `%`, `%4`, `%zz`                                 | refused                                     | RFC 3986, 2.1 |
 * | segment of dots and then `;` or `%3B` (`..;x`)   | refused                                     | Java servers cut the parameter off and see `..` |
 * | `"`, `<`, `>`, `#`, SP, controls, above 0x7F     | refused                                     | RFC 3986, 2; browsers always encode them |
 *
 * The query (from `?`) is not touched: its bytes are checked, its meaning is the upstream's.
 */

const PERCENT = 0x25;
const QUESTION = 0x3f;
const upperHex = Buffer.from('0123456789ABCDEF');

/** Answer of `scanPath`: the path is not canonical as it stands, or not allowed. `CanonicalPath` knows. */
export const NOT_PLAIN = -3;

/** For a lead byte the first continuation byte that is not overlong. */
const shortestSecond: ReadonlyMap<number, number> = new Map([
  [0xe0, 0xa0],
  [0xf0, 0x90],
  [0xf8, 0x88],
  [0xfc, 0x84],
]);

const NOT_ALLOWED = 0;
const DECODED = 1;
const KEPT = 2;
/** Kept, but the bytes around it have to be looked at. */
const KEPT_WITH_CARE = 3;

/** What to do with `%XX`, by its value. */
const encoded = Uint8Array.from({ length: 256 }, (_, value) => {
  if (value === 0 || value === SLASH || value === 0x5c || value === 0xc0 || value === 0xc1) return NOT_ALLOWED;
  if (UNRESERVED[value]) return DECODED;
  return value === SEMICOLON || shortestSecond.has(value) ? KEPT_WITH_CARE : KEPT;
});

/** The value of the triple at `i`; 256 or more when it has no two hex digits. */
const valueAt = (bytes: Uint8Array, i: number) => HEX[bytes[i + 1]!]! * 16 + HEX[bytes[i + 2]!]!;

const isUpperHex = (byte: number) => byte < 0x61;

const endsPath = (byte: number) => byte === SP || byte === QUESTION;

/**
 * The usual path: bytes[from] is its slash; one look at each byte, nothing written. Returns the position of the `?`
 * or SP behind the path when it is canonical as it stands, INCOMPLETE, or NOT_PLAIN.
 */
export function scanPath(bytes: Uint8Array, from: number, end: number): number {
  let i = from;
  while (i < end) {
    const byte = bytes[i]!;
    if (byte === SLASH) {
      // A segment that begins with a dot may be `..`; an empty one goes.
      if (i + 1 < end && (bytes[i + 1] === DOT || bytes[i + 1] === SLASH)) return NOT_PLAIN;
      i++;
    } else if (byte === PERCENT) {
      if (i + 2 >= end || !isCanonicalTriple(bytes, i)) return NOT_PLAIN;
      i += 3;
    } else return endsPath(byte) ? i : NOT_PLAIN;
    while (i < end && PATH_PLAIN[bytes[i]!]) i++;
  }
  return INCOMPLETE;
}

function isCanonicalTriple(bytes: Uint8Array, i: number): boolean {
  const value = valueAt(bytes, i);
  return value < 256 && encoded[value] === KEPT && isUpperHex(bytes[i + 1]!) && isUpperHex(bytes[i + 2]!);
}

/** Any path, byte by byte into `bytes[0, length)`. One per thread: what it holds is valid until the next `read`. */
export class CanonicalPath {
  bytes: Buffer = noBytes;
  length = 0;
  /** Where the segment being read begins in `bytes`. */
  #segment = 0;

  /** bytes[from] is the path's slash. The position of the `?` or SP behind it, INCOMPLETE or REFUSED. */
  read(bytes: Uint8Array, from: number, end: number): number {
    // One byte becomes three at most.
    const most = (end - from) * 3;
    if (this.bytes.length < most) this.bytes = Buffer.allocUnsafeSlow(Math.max(4096, most * 2));
    this.length = 0;
    this.#put(SLASH);
    this.#segment = 1;
    let i = from + 1;
    while (i < end) {
      const byte = bytes[i]!;
      if (byte === SLASH || endsPath(byte)) {
        if (!this.#endSegment(byte === SLASH)) return REFUSED;
        if (byte !== SLASH) return i;
        i++;
      } else {
        i = this.#take(bytes, i, end);
        if (i < 0) return i;
      }
    }
    return INCOMPLETE;
  }

  /** Whether bytes[start, end) were canonical as they stood. */
  equals(bytes: Buffer, start: number, end: number): boolean {
    return end - start === this.length && this.bytes.compare(bytes, start, end, 0, this.length) === 0;
  }

  #put(byte: number): void {
    this.bytes[this.length++] = byte;
  }

  #putEncoded(byte: number): void {
    this.#put(PERCENT);
    this.#put(upperHex[byte >> 4]!);
    this.#put(upperHex[byte & 15]!);
  }

  /** One character other than a slash: the position after it. */
  #take(bytes: Uint8Array, i: number, end: number): number {
    const byte = bytes[i]!;
    if (byte === PERCENT) return this.#takeTriple(bytes, i, end);
    if (byte === SEMICOLON && this.#isDots()) return REFUSED;
    if (PATH_PLAIN[byte]) this.#put(byte);
    else if (PATH_ENCODED[byte]) this.#putEncoded(byte);
    else return REFUSED;
    return i + 1;
  }

  #takeTriple(bytes: Uint8Array, i: number, end: number): number {
    if (i + 1 < end && HEX[bytes[i + 1]!] === NO_HEX) return REFUSED;
    if (i + 2 >= end) return INCOMPLETE;
    const value = valueAt(bytes, i);
    if (value > 255 || encoded[value] === NOT_ALLOWED || isOverlong(bytes, i, value)) return REFUSED;
    if (value === SEMICOLON && this.#isDots()) return REFUSED;
    if (encoded[value] === DECODED) this.#put(value);
    else this.#putEncoded(value);
    return i + 3;
  }

  #isDots(): boolean {
    for (let k = this.#segment; k < this.length; k++) if (this.bytes[k] !== DOT) return false;
    return this.length > this.#segment;
  }

  /** False: the segment leads above the root. */
  #endSegment(slash: boolean): boolean {
    const size = this.length - this.#segment;
    const dots = size <= 2 && this.#isDots() ? size : 0;
    if (dots > 0) this.length = this.#segment;
    else if (size > 0 && slash) this.#put(SLASH);
    if (dots === 2) {
      if (this.length === 1) return false;
      this.length = this.bytes.lastIndexOf(SLASH, this.length - 2) + 1;
    }
    this.#segment = this.length;
    return true;
  }
}

/** Whether the triple at `i` is the second of an overlong sequence: the triple before it says. */
function isOverlong(bytes: Uint8Array, i: number, value: number): boolean {
  if (value < 0x80 || bytes[i - 3] !== PERCENT) return false;
  const shortest = shortestSecond.get(valueAt(bytes, i - 3));
  return shortest !== undefined && value < shortest;
}
