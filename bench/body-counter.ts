const HEAD_END = Buffer.from('\r\n\r\n');
const NO_BYTES = Buffer.alloc(0);

/** Reads the requests of one connection and tells apart those whose body is, byte for byte, the expected one. */
export class BodyCounter {
  readonly #expected: Buffer;
  readonly #onRequest: (head: string, isExact: boolean) => void;
  /** Of a head that has not ended yet. */
  #head: Buffer = NO_BYTES;
  #headText = '';
  #length = 0;
  #left = 0;
  #isExact = true;
  #inBody = false;

  /** `onRequest` hears of each request when its last byte has come. */
  constructor(expected: Buffer, onRequest: (head: string, isExact: boolean) => void) {
    this.#expected = expected;
    this.#onRequest = onRequest;
  }

  take(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0 || (this.#inBody && this.#left === 0)) {
      rest = this.#inBody ? this.#takeBody(rest) : this.#takeHead(rest);
    }
  }

  /** What follows the head; nothing when it goes on. */
  #takeHead(bytes: Buffer): Buffer {
    const all = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
    const end = all.indexOf(HEAD_END);
    this.#head = end < 0 ? Buffer.from(all) : NO_BYTES;
    if (end < 0) return NO_BYTES;
    this.#headText = all.toString('latin1', 0, end);
    this.#length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#headText)?.[1] ?? 0);
    this.#left = this.#length;
    this.#isExact = this.#length === this.#expected.length;
    this.#inBody = true;
    return all.subarray(end + HEAD_END.length);
  }

  #takeBody(bytes: Buffer): Buffer {
    const count = Math.min(this.#left, bytes.length);
    const at = this.#length - this.#left;
    if (this.#isExact) this.#isExact = this.#expected.compare(bytes, 0, count, at, at + count) === 0;
    this.#left -= count;
    if (this.#left === 0) {
      this.#inBody = false;
      this.#onRequest(this.#headText, this.#isExact);
    }
    return bytes.subarray(count);
  }
}
