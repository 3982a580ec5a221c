import { Socket } from 'node:net';

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
