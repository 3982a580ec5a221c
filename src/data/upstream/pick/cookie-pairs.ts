import { HT, SEMICOLON, SP } from '../../http1/byte-classes.ts';
import { readExactly, skipSpace } from '../../http1/reading.ts';
import type { RequestHead } from '../../http1/request-head.ts';
import { NamedLines } from './named-lines.ts';

/** More than browsers keep for one site; what comes behind is not looked at. */
const PAIR_LIMIT = 256;
const EQUALS = 61;

/**
 * The values of all cookies of one name, in the order in which they came (RFC 6265, 4.2: `a=1; b=2`, and no quotes,
 * escapes or letter case to be undone). A pair that is none is passed over.
 */
export class CookiePairs {
  /** The value found last. */
  start = 0;
  end = 0;
  readonly #lines = new NamedLines('cookie');
  readonly #name: Uint8Array;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #lineEnd = 0;
  #pairs = 0;

  constructor(name: string) {
    this.#name = Buffer.from(name, 'latin1');
  }

  first(head: RequestHead): boolean {
    this.#bytes = head.bytes;
    this.#pairs = 0;
    if (!this.#lines.first(head)) return false;
    this.#openLine();
    return this.next();
  }

  next(): boolean {
    for (;;) {
      while (this.#at < this.#lineEnd && this.#pairs++ < PAIR_LIMIT) if (this.#takePair()) return true;
      if (this.#pairs > PAIR_LIMIT || !this.#lines.next()) return false;
      this.#openLine();
    }
  }

  #openLine(): void {
    this.#at = this.#lines.start;
    this.#lineEnd = this.#lines.end;
  }

  /** Moves behind the next pair; whether it is of the name. */
  #takePair(): boolean {
    const bytes = this.#bytes;
    const pair = skipSpace(bytes, this.#at, this.#lineEnd);
    let end = pair;
    while (end < this.#lineEnd && bytes[end] !== SEMICOLON) end++;
    this.#at = end + 1;
    const equals = readExactly(bytes, pair, end, this.#name);
    if (equals < 0 || equals === end || bytes[equals] !== EQUALS) return false;
    while (end > equals + 1 && (bytes[end - 1] === SP || bytes[end - 1] === HT)) end--;
    this.start = equals + 1;
    this.end = end;
    return true;
  }
}
