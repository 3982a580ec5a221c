import { createServer, type IncomingMessage, type Server, type ServerResponse, request as send } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A proxy such as stands at the edge of a company: tunnels with CONNECT, and whole addresses in the request line. */
export class ForwardProxy implements AsyncDisposable {
  /** `CONNECT 127.0.0.1:6443`, `GET http://…` */
  readonly seen: string[] = [];
  /** Tunnels are asked for and nothing is answered. */
  hangs = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #password: string | undefined;

  /** @param password `name:secret`; refuses everybody else with 407. */
  static async start(password?: string): Promise<ForwardProxy> {
    const proxy = new ForwardProxy(password);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  private constructor(password: string | undefined) {
    this.#password = password;
    this.#server = createServer((request, response) => this.#forward(request, response));
    this.#server.on('connect', (request: IncomingMessage, socket: Socket) => this.#tunnel(request, socket));
    this.#server.on('connection', (socket: Socket) => this.#keep(socket));
  }

  /** To us and from us. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
  }

  #isWelcome({ headers, method, url }: IncomingMessage): boolean {
    this.seen.push(`${method} ${url}`);
    const wanted = this.#password && `Basic ${Buffer.from(this.#password).toString('base64')}`;
    return wanted === undefined || headers['proxy-authorization'] === wanted;
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#isWelcome(request)) return void response.writeHead(407).end();
    const { method, headers, url } = request;
    const onward = send(url as string, { method: method as string, headers }, (answer) => {
      response.writeHead(answer.statusCode as number, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }

  #tunnel(request: IncomingMessage, socket: Socket): void {
    if (!this.#isWelcome(request)) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    if (this.hangs) return void socket.on('end', () => socket.destroy()).resume();
    const [host, port] = (request.url as string).split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    this.#keep(onward);
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  }
}
