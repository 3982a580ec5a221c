import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** What a pod answers with, as JSON. */
export interface PodAnswer {
  /** Its name. */
  readonly pod: string;
  readonly method: string;
  readonly target: string;
  /** Of the `Host` line. */
  readonly host: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[]>>;
}

export const POD_PORT = 8080;

/** A server on an address of the pod network that says who it is. */
export class Pod {
  readonly name: string;
  /** 10.244.x.y, or of fd00:10:244::/64. */
  readonly address: string;
  readonly port: number;
  /** Requests it has answered. */
  requests = 0;
  #server: Server | undefined;

  constructor(name: string, address: string, port: number) {
    this.name = name;
    this.address = address;
    this.port = port;
  }

  /** Also after `stop`: the same pod at the same place. */
  async start(): Promise<this> {
    const server = createServer((request, response) => this.#answer(request, response));
    server.keepAliveTimeout = 0;
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port: this.port, host: this.address, backlog: 1024 }, resolve);
    });
    return this;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    this.requests++;
    const { method = '', url: target = '', headers } = request;
    const said: PodAnswer = { pod: this.name, method, target, host: headers.host ?? '', headers: headers as never };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(said));
  }
}

/** Files that run side by side have 4,096 addresses each; 10.244.0.x is left to others. */
let made = Number(process.env.VITEST_POOL_ID ?? 1) << 12;

export interface PodOptions {
  readonly port?: number;
  readonly ipv6?: boolean;
}

/** Each pod of a test file has an address of its own. */
export function startPod(name: string, { port = POD_PORT, ipv6 = false }: PodOptions = {}): Promise<Pod> {
  const number = ++made;
  const address = ipv6 ? `fd00:10:244::${number.toString(16)}` : `10.244.${number >> 8}.${number & 255}`;
  return new Pod(name, address, port).start();
}
