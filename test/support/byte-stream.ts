import type { Socket } from 'node:net';

const HEAD_END = '\r\n\r\n';

/** The peer ended, or reset, before what was asked for had come. */
export class StreamEndedError extends Error {
  readonly received: Buffer;

  constructor(wanted: string, received: Buffer, how: 'end' | 'reset') {
    super(`${how} before ${wanted}; received ${JSON.stringify(received.toString('latin1').slice(-300))}`);
    this.name = 'StreamEndedError';
    this.received = received;
  }
}

/**
 * One side of a real connection, read by asking. Bytes are taken from the kernel only when asked for, so a test that
 * does not ask is a peer that does not read.
 */
export class ByteStream {
  readonly socket: Socket;
  /** How the peer's direction ended, as far as it was read. */
  ending: 'end' | 'reset' | undefined;
  bytesTaken = 0;
  readonly #limitMs: number;
  #held: Buffer = Buffer.alloc(0);

  constructor(socket: Socket, limitMs = 15_000) {
    this.socket = socket;
    this.#limitMs = limitMs;
    socket.on('error', () => {
      this.ending ??= 'reset';
    });
    socket.on('end', () => {
      this.ending ??= 'end';
    });
    socket.on('close', (hadError) => {
      this.ending ??= hadError ? 'reset' : 'end';
    });
  }

  /** A whole head with its empty line, as Latin-1; undefined when the peer ended with nothing more to say. */
  async head(): Promise<string | undefined> {
    for (;;) {
      const at = this.#held.indexOf(HEAD_END, 0, 'latin1');
      if (at >= 0) return this.#take(at + HEAD_END.length).toString('latin1');
      if (!(await this.#more())) {
        if (this.#held.length === 0) return undefined;
        throw this.#ended('the end of a head');
      }
    }
  }

  /** Up to and including the next LF, without its CRLF. */
  async line(): Promise<string> {
    for (;;) {
      const at = this.#held.indexOf(10);
      if (at >= 0) {
        const line = this.#take(at + 1).toString('latin1');
        if (!line.endsWith('\r\n')) throw new Error(`a line without CR: ${JSON.stringify(line)}`);
        return line.slice(0, -2);
      }
      if (!(await this.#more())) throw this.#ended('the end of a line');
    }
  }

  async exactly(count: number): Promise<Buffer> {
    while (this.#held.length < count) {
      if (!(await this.#more())) throw this.#ended(`${count} bytes`);
    }
    return this.#take(count);
  }

  /** Reads and drops; for bodies too large to keep. `each` sees every piece. */
  async skip(count: number, each: (piece: Buffer) => void = () => {}): Promise<void> {
    let left = count;
    while (left > 0) {
      if (this.#held.length === 0 && !(await this.#more())) throw this.#ended(`${left} more bytes of ${count}`);
      const piece = this.#take(Math.min(left, this.#held.length));
      left -= piece.length;
      each(piece);
    }
  }

  /** What is there now or comes next; undefined at the end. */
  async some(): Promise<Buffer | undefined> {
    if (this.#held.length === 0 && !(await this.#more())) return undefined;
    return this.#take(this.#held.length);
  }

  /** Everything until the peer ends its direction; a reset is an error. */
  async toEnd(): Promise<Buffer> {
    while (await this.#more()) {}
    if (this.ending === 'reset') throw this.#ended('an orderly end');
    return this.#take(this.#held.length);
  }

  /** Waits for the peer's end, reading and dropping what still comes. */
  async closed(): Promise<'end' | 'reset'> {
    while (await this.#more()) this.#held = Buffer.alloc(0);
    return this.ending as 'end' | 'reset';
  }

  #take(count: number): Buffer {
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return taken;
  }

  #ended(wanted: string): StreamEndedError {
    return new StreamEndedError(wanted, this.#held, this.ending as 'end' | 'reset');
  }

  /** False at the end. */
  async #more(): Promise<boolean> {
    for (;;) {
      const bytes = this.socket.read() as Buffer | null;
      if (bytes !== null) {
        this.bytesTaken += bytes.length;
        this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
        return true;
      }
      if (this.ending !== undefined) return false;
      await this.#event();
    }
  }

  #event(): Promise<void> {
    const { socket } = this;
    const names = ['readable', 'end', 'error', 'close'] as const;
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(limit);
        for (const name of names) socket.off(name, done);
        resolve();
      };
      const limit = setTimeout(() => {
        for (const name of names) socket.off(name, done);
        const held = JSON.stringify(this.#held.toString('latin1').slice(-300));
        reject(new Error(`nothing came within ${this.#limitMs} ms; held ${held}`));
      }, this.#limitMs);
      for (const name of names) socket.on(name, done);
    });
  }
}
