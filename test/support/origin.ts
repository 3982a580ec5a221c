import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ByteStream } from './byte-stream.ts';
import { type Body, framingOf, type HeaderList, headerOf, headersOf, parseHead, readBody } from './message.ts';

/** A request as it reached the origin. */
export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: HeaderList;
  /** The head as it came. */
  readonly raw: string;
  /** Which connection of this origin, from 0. */
  readonly connection: number;
  /** Set when the whole body was read. */
  body: Body | undefined;
  header(name: string): string | undefined;
  headerValues(name: string): string[];
}

export interface SeenConnection {
  readonly stream: ByteStream;
  readonly socket: Socket;
  requests: number;
  /** Until the peer has ended it, as far as it was read, or it is closed. */
  open: boolean;
}

/** What a handler answers with. */
export interface Reply {
  readonly connection: SeenConnection;
  readonly stream: ByteStream;
  /** A whole answer with a length. */
  send(status: number, body: string | Buffer, headers?: HeaderList): void;
  /** Exactly these bytes. */
  raw(bytes: string | Buffer): void;
  end(): void;
  reset(): void;
}

/** Called with the request's head and, unless `streaming`, its whole body. The next request waits until it has returned. */
export type Handler = (request: SeenRequest, reply: Reply) => void | Promise<void>;

export interface OriginOptions {
  /** The handler reads the body itself, from `reply.stream`. */
  readonly streaming?: boolean;
  readonly name?: string;
}

export type Serve = (connection: SeenConnection, index: number, origin: Origin) => Promise<void>;

/** A real server on a port of its own that does what it is told and remembers what it saw. */
export class Origin {
  readonly requests: SeenRequest[] = [];
  readonly connections: SeenConnection[] = [];
  /** What a handler threw, or what could not be read as a request. */
  readonly faults: unknown[] = [];
  /** What is done with a new connection; a test may put another one in its place. */
  serve: Serve;
  readonly #server: Server;

  constructor(serve: Serve) {
    this.serve = serve;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: false }, (socket) => {
      const connection = { stream: new ByteStream(socket, 60_000), socket, requests: 0, open: true };
      for (const name of ['end', 'close']) {
        socket.on(name, () => {
          connection.open = false;
        });
      }
      const index = this.connections.push(connection) - 1;
      this.serve(connection, index, this).catch((error) => {
        if (!socket.destroyed) this.faults.push(error);
      });
    });
  }

  async listen(host = '127.0.0.1', port = 0): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, 4096, resolve);
    });
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get openConnections(): number {
    return this.connections.filter((connection) => connection.open).length;
  }

  /** The only request so far. */
  get request(): SeenRequest {
    if (this.requests.length !== 1) throw new Error(`the origin saw ${this.requests.length} requests`);
    return this.requests[0];
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Speaks HTTP/1.1. Without a handler: 200 and `METHOD TARGET` as the body. */
export const http =
  (handler: Handler = echo, options: OriginOptions = {}): Serve =>
  (connection, index, origin) =>
    serveHttp(connection, index, origin, handler, options);

/** Reads one request head and then says exactly this, whatever it was; `end` closes behind it. */
export const canned =
  (answer: string | Buffer, { end = false } = {}): Serve =>
  async ({ stream, socket }) => {
    while ((await stream.head()) !== undefined) {
      socket.write(typeof answer === 'string' ? Buffer.from(answer, 'latin1') : answer);
      if (end) socket.end();
    }
  };

/** `serve`: `http(…)`, `canned(…)`, or a script that may say anything at any time. */
export const startOrigin = (serve: Serve = http(), port = 0): Promise<Origin> =>
  new Origin(serve).listen('127.0.0.1', port);

const echo: Handler = (request, reply) => reply.send(200, `${request.method} ${request.target}`);

async function serveHttp(
  connection: SeenConnection,
  index: number,
  origin: Origin,
  handler: Handler,
  options: OriginOptions,
): Promise<void> {
  const { stream, socket } = connection;
  for (;;) {
    const raw = await stream.head();
    if (raw === undefined) return void socket.end();
    const request = makeRequest(raw, index);
    connection.requests++;
    origin.requests.push(request);
    framingOf(request.headers, 'none');
    if (!options.streaming) request.body = await readBody(stream, request.headers, 'none');
    await handler(request, replyOn(connection, request, options));
  }
}

function makeRequest(raw: string, connection: number): SeenRequest {
  const { startLine, headers } = parseHead(raw);
  const match = /^([A-Z-]+) (\S+) (HTTP\/1\.[01])$/.exec(startLine);
  if (match === null) throw new Error(`not a request line: ${JSON.stringify(startLine)}`);
  const [, method, target, version] = match;
  return {
    method,
    target,
    version,
    headers,
    raw,
    connection,
    body: undefined,
    header: (name) => headerOf(headers, name),
    headerValues: (name) => headersOf(headers, name),
  };
}

function replyOn(connection: SeenConnection, request: SeenRequest, { name }: OriginOptions): Reply {
  const { socket, stream } = connection;
  const write = (bytes: string | Buffer): void =>
    void socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  return {
    connection,
    stream,
    send(status, body, headers = []) {
      const bytes = Buffer.from(body as string, 'latin1');
      const own: HeaderList = name === undefined ? headers : [['Origin-Name', name], ...headers];
      const lines = own.map(([key, value]) => `${key}: ${value}\r\n`).join('');
      write(`HTTP/1.1 ${status} Said\r\n${lines}Content-Length: ${bytes.length}\r\n\r\n`);
      if (request.method !== 'HEAD') write(bytes);
    },
    raw: write,
    end: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
  };
}
