/** Bytes that wait for the rest of what they belong to. Doubles its room, so a drip of single bytes is not quadratic. */
export class ByteStash {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.#length + end - start;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length, 512));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes.subarray(start, end), this.#length);
    this.#length = needed;
  }

  /** Everything so far, still in the stash: valid until the next `append`. */
  peek(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Everything, for the caller to keep; the stash is empty again and never writes there. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    return taken;
  }
}
