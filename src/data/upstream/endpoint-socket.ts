import { Socket } from 'node:net';

/**
 * All wires of a thread read into one buffer: it stays in the processor's cache, and an idle wire holds none. What is
 * read must be used or copied before the read's callback returns. A 64 KiB body fits together with its head.
 */
const readBuffer = Buffer.allocUnsafeSlow(80 * 1024);

const ownErrors: ReadonlySet<string | undefined> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

/** True: `connect` failed for a want of our own, which says nothing about the endpoint. */
export const isOwnFault = (code: string | undefined): boolean => ownErrors.has(code);

/**
 * A connection to an endpoint. One that answered early and closed resets what we still write; node would then destroy
 * the socket and the answer that waits in the kernel with it. So a write that fails is told apart, and the socket stays
 * until its owner destroys it.
 */
export class EndpointSocket extends Socket {
  /** A write has failed: nothing more can be written, what has arrived can be read. */
  deaf = false;
  onDeaf: () => void = () => {};

  override destroy(error?: Error): this {
    if ((error as NodeJS.ErrnoException | undefined)?.syscall !== 'write') return super.destroy(error);
    if (this.deaf) return this;
    this.deaf = true;
    this.onDeaf();
    return this;
  }
}

/** `onRead` is called with what has come, which is its own until it returns; false stops the reading until `resume`. */
export function connectTo(
  { address, port }: { readonly address: string; readonly port: number },
  onRead: (sizeBytes: number, bytes: Buffer) => boolean,
): EndpointSocket {
  const options = {
    host: address,
    port,
    noDelay: true,
    allowHalfOpen: true,
    highWaterMark: 1, // as for clients: `writableLength` and 'drain' then tell when the kernel has taken everything
    onread: { buffer: readBuffer, callback: (size: number, bytes: Uint8Array) => onRead(size, bytes as Buffer) },
  };
  const socket = new EndpointSocket(options);
  socket.connect(options);
  return socket;
}
