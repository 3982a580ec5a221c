import type { Socket } from 'node:net';

/**
 * A head and all that one read brings need a third of it. From 288 KiB on (not at 256) a 64 KiB answer costs 40 us of CPU
 * instead of 64: the buffer then lies apart from the one that is copied from (`bench/README.md`).
 */
const CAPACITY_BYTES = 288 * 1024;
/** Buffers that streams gave back, per thread. */
const SPARE_LIMIT = 8;
const spares: Buffer<ArrayBuffer>[] = [];

/**
 * The one buffer of a thread in which heads and small bodies are put together, so that they leave in one write without
 * an allocation. It belongs to one socket at a time, until `flush`.
 *
 * The kernel usually takes the whole write at once and the buffer is free again (`writableLength` is 0). When it does
 * not, the stream still points into the buffer: it is left to the stream until that has drained, and another one takes
 * its place.
 */
export class Output {
  #bytes = Buffer.allocUnsafeSlow(CAPACITY_BYTES);
  #length = 0;
  #socket: Socket | undefined;

  /** What follows is for `socket`; something gathered for another one leaves first. */
  for(socket: Socket): this {
    if (this.#socket !== socket) {
      this.flush();
      this.#socket = socket;
    }
    return this;
  }

  /** Room left before a flush is needed. */
  get room(): number {
    return this.#bytes.length - this.#length;
  }

  /** `Buffer.copy` takes 14 ns whatever the size; a loop or `set(subarray)` takes two to ten times that. */
  bytes(source: Buffer, start: number, end: number): void {
    if (end - start > this.room) this.#grow(end - start);
    this.#length += source.copy(this.#bytes, this.#length, start, end);
  }

  /** Bytes of a body: what does not fit leaves, and the rest follows. */
  body(source: Buffer, start: number, end: number): void {
    for (let at = start; at < end; ) {
      if (this.room < Math.min(end - at, CAPACITY_BYTES / 2)) this.#flushOn();
      const next = Math.min(end, at + this.room);
      this.bytes(source, at, next);
      at = next;
    }
  }

  /** Flushes and keeps the socket. */
  #flushOn(): void {
    const socket = this.#socket;
    this.flush();
    this.#socket = socket;
  }

  all(source: Buffer): void {
    this.bytes(source, 0, source.length);
  }

  /** Latin-1 text that has been judged before. */
  text(text: string): void {
    if (text.length > this.room) this.#grow(text.length);
    this.#length += this.#bytes.write(text, this.#length, 'latin1');
  }

  /** Pairs [start, end) of `source`, as the heads keep their header lines. */
  runs(source: Buffer, runs: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) this.bytes(source, runs[2 * i] as number, runs[2 * i + 1] as number);
  }

  /** True when the socket's stream holds nothing any more. */
  flush(): boolean {
    const socket = this.#socket;
    if (socket === undefined) return true;
    this.#socket = undefined;
    if (this.#length === 0) return socket.writableLength === 0;
    const view = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    if (socket.writableLength > 0) {
      // The stream waits already and would keep the whole buffer for a few bytes.
      socket.write(Buffer.from(view));
      return false;
    }
    socket.write(view);
    if (socket.writableLength === 0) return true;
    this.#leaveTo(socket);
    return false;
  }

  #leaveTo(socket: Socket): void {
    const left = this.#bytes;
    this.#bytes = spares.pop() ?? Buffer.allocUnsafeSlow(CAPACITY_BYTES);
    if (!socket.writableNeedDrain) return; // no 'drain' will tell: the collector takes it
    socket.once('drain', () => {
      if (spares.length < SPARE_LIMIT) spares.push(left);
    });
  }

  /** A head larger than the buffer (limits are settings): the buffer grows once and stays. */
  #grow(size: number): void {
    const grown = Buffer.allocUnsafeSlow(2 * (this.#length + size));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
