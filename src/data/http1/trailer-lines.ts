import { COLON, LF, LOWER_HYPHEN } from './byte-classes.ts';
import { kindOf, PLAIN } from './header-names.ts';

/** A trailer section that is larger is refused before it comes here. */
export const TRAILER_LIMIT_BYTES = 8192;

/**
 * Fields that mean something only before the body (RFC 9110, 6.5.1): what frames, routes, modifies, authenticates or
 * controls a message, or says how its body is to be read. Who merges trailers into the head would take them for it.
 */
const headOnly: ReadonlySet<string> = new Set(
  `age allow authorization cache-control cookie date expires location max-forwards origin pragma range referer
  retry-after set-cookie user-agent vary via warning www-authenticate`.split(/\s+/),
);

const headOnlyPrefixes = ['accept', 'access-control-', 'content-', 'if-', 'proxy-', 'sec-'];

/** Lines of a trailer section as they come, byte by byte; one that may not be passed on is forgotten at its end. */
export class TrailerLines {
  readonly #bytes = Buffer.allocUnsafeSlow(TRAILER_LIMIT_BYTES);
  #length = 0;
  #lineStart = 0;

  /** The next byte of a well-formed line with its CRLF. */
  add(byte: number): void {
    this.#bytes[this.#length++] = byte;
    if (byte === LF) this.#endLine();
  }

  #endLine(): void {
    const nameEnd = this.#bytes.indexOf(COLON, this.#lineStart);
    if (!mayTrail(this.#bytes, this.#lineStart, nameEnd)) this.#length = this.#lineStart;
    this.#lineStart = this.#length;
  }

  /** The whole lines so far. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#lineStart);
  }
}

/** `_` counts as `-`: CGI and WSGI make one variable of both. */
function mayTrail(bytes: Uint8Array, start: number, end: number): boolean {
  if (kindOf(bytes, start, end) !== PLAIN) return false;
  let name = '';
  for (let i = start; i < end; i++) name += String.fromCharCode(LOWER_HYPHEN[bytes[i]!]!);
  return !headOnly.has(name) && !headOnlyPrefixes.some((prefix) => name.startsWith(prefix));
}
