import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { ByteStream } from './byte-stream.ts';
import { waitUntil } from './wait-until.ts';

export const MIB = 1024 * 1024;
/** What large bodies are made of, again and again. */
export const piece = randomBytes(MIB);

/** How a body says where it ends. */
export type Framing = 'length' | 'chunked';

export const framingLine = (framing: Framing, sizeBytes: number): string =>
  framing === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${sizeBytes}`;

/** Body bytes that were handed to a socket so far. */
export interface Poured {
  bytes: number;
}

/** Writes a body of whole `piece`s as fast as the peer takes it; stops early when the connection ends. */
export async function pour(socket: Socket, sizeMib: number, framing: Framing, poured: Poured): Promise<void> {
  for (let i = 0; i < sizeMib && !socket.destroyed; i++) {
    if (framing === 'chunked') socket.write(`${MIB.toString(16)}\r\n`);
    socket.write(piece);
    poured.bytes += MIB;
    if (framing === 'chunked') socket.write('\r\n');
    if (socket.writableNeedDrain) await once(socket, 'drain');
  }
  if (framing === 'chunked') socket.write('0\r\n\r\n');
}

/** Small writes, each behind the one before, so that all but this many bytes of `bytesWritten` are in the kernel. */
export const BIT_BYTES = 4096;
const bit = piece.subarray(0, BIT_BYTES);
const bitInChunk = Buffer.concat([Buffer.from(`${BIT_BYTES.toString(16)}\r\n`), bit, Buffer.from('\r\n')]);

/** Writes such bits until the connection ends. */
export function drip(socket: Socket, framing: Framing): void {
  socket.write(framing === 'chunked' ? bitInChunk : bit, (error) => {
    if (!error) drip(socket, framing);
  });
}

/** How a slow peer takes a body: nothing until the sender stands, then sips, then all it can. */
export interface Thirst {
  readonly sips: number;
  readonly sipBytes: number;
  readonly pauseMs: number;
}

/** Takes a body made by `pour` and judges every byte of it. */
export class Drinker {
  readonly #stream: ByteStream;
  readonly #framing: Framing;
  /** Body bytes taken. */
  taken = 0;
  #chunkLeft = 0;

  constructor(stream: ByteStream, framing: Framing) {
    this.#stream = stream;
    this.#framing = framing;
  }

  async slowly(poured: Poured, { sips, sipBytes, pauseMs }: Thirst): Promise<void> {
    await standstill(() => poured.bytes);
    for (let i = 0; i < sips; i++) {
      await this.take(sipBytes);
      await new Promise((resolve) => setTimeout(resolve, pauseMs)); // slowness is what is tested
    }
  }

  /** Body bytes, whatever chunks they come in. */
  async take(count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      if (this.#framing === 'chunked' && this.#chunkLeft === 0) await this.#chunkHead();
      const now = this.#framing === 'chunked' ? Math.min(left, this.#chunkLeft) : left;
      await this.#stream
        .skip(now, (bytes) => this.#judge(bytes));
      left -= now;
      if (this.#framing === 'length') continue;
      this.#chunkLeft -= now;
      if (this.#chunkLeft === 0) await this.#stream.line();
    }
  }

  /** What stands behind the last byte. */
  async end(): Promise<void> {
    if (this.#framing === 'length') return;
    if ((await this.#stream.line()) !== '0') throw new Error('the last chunk is not the last');
    await this.#stream.line();
  }

  async #chunkHead(): Promise<void> {
    this.#chunkLeft = Number.parseInt(await this.#stream.line(), 16);
    if (!(this.#chunkLeft > 0)) throw new Error(`the body ends after ${this.taken} bytes`);
  }

  #judge(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const from = this.taken % MIB;
      const size = Math.min(bytes.length - at, MIB - from);
      if (bytes.compare(piece, from, from + size, at, at + size) !== 0)
        throw new Error(`the body differs near byte ${this.taken}`);
      at += size;
      this.taken += size;
    }
  }
}

/** The value once it has not moved for this long: nothing can be waited for where nothing is to happen. */
export async function standstill(value: () => number, forMs = 500): Promise<number> {
  let last = -1;
  let since = performance.now();
  return await waitUntil(
    'the count stands still',
    () => {
      if (value() !== last) {
        last = value();
        since = performance.now();
      }
      return last > 0 && performance.now() - since > forMs && last;
    },
    { deadlineMs: 60_000 },
  );
}
