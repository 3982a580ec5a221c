import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { headersOf } from './message.ts';
import { type RecordedRequest, RequestRecorder } from './request-recorder.ts';

/** A connection to the backend. */
export interface BackendConnection {
  readonly socket: Socket;
  requests: number;
  /** The proxy has ended or reset it. */
  ended: boolean;
  /** Whom the bytes belong to once the connection is no longer HTTP. */
  tunnel: Visit | undefined;
  /** What came and is no whole request yet. */
  held: string;
}

export interface SeenRequest extends RecordedRequest {
  readonly connection: BackendConnection;
  /** Which of the backend's ports took it. */
  readonly port: number;
}

/** How a visit is answered; each is called once for a request. */
export interface Script {
  head?(request: SeenRequest, visit: Visit): void;
  whole(request: SeenRequest, visit: Visit): void;
}

/** All that one client address brought. */
export interface Visit {
  readonly address: string;
  readonly script: Script;
  readonly requests: SeenRequest[];
  /** What came behind a 101. */
  tunnelled: string;
}

/** Answers each request of a visit with its number. Whoever expects it is told to go on. */
export const counting: Script = {
  head({ connection, headers }) {
    if (headersOf(headers, 'expect').length > 0) connection.socket.write('HTTP/1.1 100 Continue\r\n\r\n');
  },
  whole({ connection }, { requests }) {
    const body = String(requests.length);
    connection.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  },
};

/**
 * A strict server that remembers what it saw, by the address that the proxy says the client has. A test that gives each
 * of its clients a loopback address of its own (127.0.0.0/8 is one host) knows whose request it was without a mark in it.
 */
export class RecordingBackend {
  /** What was no request, or nobody's. */
  readonly faults: string[] = [];
  readonly #visits = new Map<string, Visit>();
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  async listen(): Promise<number> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#serve(socket, port));
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', 4096, resolve);
    });
    const { port } = server.address() as AddressInfo;
    return port;
  }

  expect(address: string, script: Script = counting): Visit {
    const visit: Visit = { address, script, requests: [], tunnelled: '' };
    this.#visits.set(address, visit);
    return visit;
  }

  /** What comes from there later is a fault. */
  forget({ address }: Visit): void {
    this.#visits.delete(address);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #serve(socket: Socket, port: number): void {
    this.#sockets.add(socket);
    const connection: BackendConnection = { socket, requests: 0, ended: false, tunnel: undefined, held: '' };
    const recorder = new RequestRecorder({
      head: (request) => this.#head(Object.assign(request, { connection, port })),
      whole: (request) => {
        const visit = this.#visitOf(request);
        visit.script.whole(request as SeenRequest, visit);
      },
    });
    socket.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      if (connection.tunnel !== undefined) return this.#tunnel(connection, text);
      try {
        recorder.feed(text);
        connection.held = recorder.held;
      } catch (error) {
        this.faults.push(`${(error as Error).message}; the backend holds ${JSON.stringify(recorder.held)}`);
        socket.destroy();
      }
    });
    socket.on('error', () => {});
    socket.on('end', () => {
      connection.ended = true;
      socket.end();
    });
    socket.on('close', () => {
      connection.ended = true;
      this.#sockets.delete(socket);
    });
  }

  #head(request: SeenRequest): void {
    const visit = this.#visitOf(request);
    request.connection.requests++;
    visit.requests.push(request);
    visit.script.head?.(request, visit);
  }

  #visitOf(request: RecordedRequest): Visit {
    const addresses = headersOf(request.headers, 'x-real-ip');
    const visit = this.#visits.get(addresses[0] ?? '');
    if (addresses.length !== 1 || visit === undefined)
      throw new Error(`nobody awaits ${JSON.stringify([request.line, ...request.lines])}`);
    return visit;
  }

  /** Says back what it hears, so that the way back is seen too. */
  #tunnel({ socket, tunnel }: BackendConnection, text: string): void {
    tunnel!.tunnelled += text;
    socket.write(text, 'latin1');
  }
}
