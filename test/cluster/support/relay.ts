import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { quietPort } from './quiet-port.ts';

/** A wire between a client and a server that can be cut, and can go dead without a word. */
export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections that were taken so far. */
  accepted = 0;
  #open = true;

  constructor(port: number) {
    this.#server = createServer((client) => {
      if (!this.#open) return void client.resetAndDestroy();
      this.accepted++;
      const server = connect(port, '127.0.0.1');
      this.#join(client, server);
    });
  }

  /** Address that a kubeconfig can have as its server. */
  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get openConnections(): number {
    return this.#sockets.size / 2;
  }

  async listen(port: number): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return this;
  }

  /** Resets what is open and refuses what comes, until `mend`. */
  cut(): void {
    this.#open = false;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** What is open stays open, and nothing goes through it any more; new connections work. */
  deaden(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  mend(): void {
    this.#open = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, server: Socket): void {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ]) {
      this.#sockets.add(from);
      from.pipe(to);
      from.once('error', () => to.destroy());
      from.once('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}

export const startRelay = async (toPort: number): Promise<Relay> => new Relay(toPort).listen(await quietPort());
