/**
 * Texts of a table, one after the other:
 *
 *   | length in bytes, 4 | UTF-8 bytes | zeros up to the next multiple of 4 | length …
 *
 * A reference is the byte offset of the length from the start of the area. Collected apart, because the size of the
 * table must be known before its buffer is taken.
 */
export class TextArea {
  length = 0;
  bytes: Buffer;
  #words: Int32Array;
  readonly #known = new Map<string, number>();

  /** `expectedBytes` saves growing; any number is right. */
  constructor(expectedBytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(Math.max(64, (expectedBytes + 3) & ~3));
    this.#words = new Int32Array(this.bytes.buffer);
  }

  /** For texts that come again: the reference of the first one. */
  intern(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const added = this.add(text);
    this.#known.set(text, added);
    return added;
  }

  add(text: string): number {
    const reference = this.length;
    const start = reference + 4;
    this.#reserve(start + text.length * 3 + 4);
    const size = this.#write(text, start);
    this.#words[reference >> 2] = size;
    this.length = (start + size + 3) & ~3;
    for (let i = start + size; i < this.length; i++) this.bytes[i] = 0;
    return reference;
  }

  sizeOf(reference: number): number {
    return this.#words[reference >> 2];
  }

  copyTo(target: Uint8Array, offset: number): void {
    target.set(this.bytes.subarray(0, this.length), offset);
  }

  /** Almost every text is short ASCII, where a loop is several times faster than a call of the encoder. */
  #write(text: string, start: number): number {
    const { bytes } = this;
    const { length } = text;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return bytes.write(text, start, 'utf8');
      bytes[start + i] = code;
    }
    return length;
  }

  #reserve(byteLength: number): void {
    if (byteLength <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(byteLength + 3, this.bytes.length * 2) & ~3);
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
    this.#words = new Int32Array(larger.buffer);
  }
}

/** Reads the text that stands at byte `offset` of the table. */
export function readText(table: SharedArrayBuffer, words: Int32Array, offset: number): string {
  return Buffer.from(table, offset + 4, words[offset >> 2]).toString('utf8');
}
