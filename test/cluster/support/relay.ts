import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { waitUntil } from '../../support/wait-until.ts';
import { quietPort } from './quiet-port.ts';

/** A wire between a client and a server that can be cut, and can go dead without a word. */
export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections that were taken so far. */
  accepted = 0;
  #open = true;
  #allowance = Number.POSITIVE_INFINITY;
  readonly #holding: (() => void)[] = [];

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

  /** What the server says stops after so many more bytes, until `goOn`; connections stay open. */
  holdAfter(bytes: number): void {
    this.#allowance = bytes;
  }

  /** Resolves when the server has said more than it may. */
  async held(): Promise<void> {
    await waitUntil('the server has said enough', () => this.#holding.length > 0);
  }

  goOn(): void {
    this.#allowance = Number.POSITIVE_INFINITY;
    for (const go of this.#holding.splice(0)) go();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, server: Socket): void {
    this.#tie(client, server);
    this.#tie(server, client);
    client.pipe(server);
    server.pipe(this.#gate()).pipe(client);
  }

  #tie(one: Socket, other: Socket): void {
    this.#sockets.add(one);
    one.once('error', () => other.destroy());
    one.once('close', () => {
      this.#sockets.delete(one);
      other.destroy();
    });
  }

  #gate(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _, pass) => {
        this.#allowance -= chunk.length;
        if (this.#allowance >= 0) pass(null, chunk);
        else this.#holding.push(() => pass(null, chunk));
      },
    });
  }
}

export const startRelay = async (toPort: number): Promise<Relay> => new Relay(toPort).listen(await quietPort());
