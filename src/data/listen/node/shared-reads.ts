import { Socket } from 'node:net';

/** Who gets what a client sends. */
export interface ByteTaker {
  /** bytes[0, size) are the taker's only until it returns. False: it has paused the socket. */
  onBytes(bytes: Buffer, size: number): boolean;
}

/** All accepted sockets of a thread read into it, so that it stays in the processor's cache and none needs its own. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** The handle of a socket, as node's own modules pass it from one to another; not documented. */
interface HandedSocket {
  _handle: object | null;
}

/**
 * Node allocates 64 KiB for each read of an accepted socket, a third of what a small POST costs here. The option
 * `onread` spares that, but only a socket that we construct takes it: so the handle of an accepted one, which must not
 * read yet (`pauseOnConnect`), moves to such a socket. Where there is no handle to be had, the accepted one stays,
 * with its 'data' events.
 */
export class SharedReads {
  /** The socket that counts from now on; `start` makes it read. */
  readonly socket: Socket;
  readonly #accepted: Socket;
  #taker: ByteTaker | undefined;

  constructor(accepted: Socket) {
    const handed = accepted as unknown as HandedSocket;
    const { _handle: handle } = handed;
    this.#accepted = accepted;
    this.socket = accepted;
    if (handle === null || typeof handle !== 'object' || !('useUserBuffer' in handle)) return;
    handed._handle = null;
    const callback = (size: number, bytes: Uint8Array) => this.#taker?.onBytes(bytes as Buffer, size) ?? true;
    const onread = { buffer: readBuffer, callback };
    this.socket = new Socket({ handle, allowHalfOpen: true, highWaterMark: 1, manualStart: true, onread } as object);
  }

  start(taker: ByteTaker): void {
    this.#taker = taker;
    if (this.socket === this.#accepted) {
      this.socket.on('data', (bytes: Buffer) => this.#taker?.onBytes(bytes, bytes.length));
    }
    this.socket.resume();
  }

  /** What is read from now on goes to another one. */
  turnTo(taker: ByteTaker): void {
    this.#taker = taker;
  }
}
