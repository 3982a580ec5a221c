const SIZE_BYTES = 4096;
const SPARE_LIMIT = 256;

/** Small buffers that are wanted for a moment, again and again. */
export class BytePool {
  readonly #spares: Buffer[] = [];

  /** At least `sizeBytes` long, with anything in it. */
  take(sizeBytes: number): Buffer {
    if (sizeBytes > SIZE_BYTES) return Buffer.allocUnsafeSlow(sizeBytes);
    return this.#spares.pop() ?? Buffer.allocUnsafeSlow(SIZE_BYTES);
  }

  /** The caller must not look at `bytes` again. */
  giveBack(bytes: Buffer): void {
    if (bytes.length === SIZE_BYTES && this.#spares.length < SPARE_LIMIT) this.#spares.push(bytes);
  }
}
