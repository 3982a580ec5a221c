import { connect, type Socket } from 'node:net';
import { ByteStream } from './byte-stream.ts';
import { type Body, type HeaderList, headerOf, headersOf, parseHead, readBody } from './message.ts';

export interface Answer extends Body {
  readonly status: number;
  readonly headers: HeaderList;
  /** The head as it came. */
  readonly raw: string;
  readonly text: string;
  /** Heads with a status below 200 that came before. */
  readonly informational: readonly number[];
  header(name: string): string | undefined;
  headerValues(name: string): string[];
}

const STATUS_LINE = /^HTTP\/1\.1 (\d{3}) [\t\x20-\x7e\x80-\xff]*$/;

/** A client that says exactly the bytes it is told to and reads answers strictly. */
export class RawClient {
  readonly socket: Socket;
  readonly stream: ByteStream;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.stream = new ByteStream(socket);
  }

  /** `localAddress`: which of this host's addresses the client has. */
  static async connect(port: number, host = '127.0.0.1', localAddress?: string): Promise<RawClient> {
    const own = localAddress === undefined ? {} : { localAddress };
    const socket = connect({ port, host, allowHalfOpen: true, noDelay: true, ...own });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawClient(socket);
  }

  get localPort(): number {
    return this.socket.localPort as number;
  }

  /** Resolves when the kernel has taken the bytes. */
  async write(bytes: string | Buffer): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
      this.socket.write(data, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Sends one request without waiting for the kernel: lines without their ends, then the body. */
  say(lines: readonly string[], body: string | Buffer = ''): void {
    this.socket.write(requestBytes(lines, body));
  }

  /** Sends one request and reads its answer; the method is read from the first line. */
  async ask(lines: readonly string[], body: string | Buffer = ''): Promise<Answer> {
    this.say(lines, body);
    return this.answer(lines[0].split(' ')[0]);
  }

  /** The next final answer, informational ones before it noted. */
  async answer(method = 'GET'): Promise<Answer> {
    const informational: number[] = [];
    for (;;) {
      const head = await this.head();
      const empty = method === 'HEAD' || head.status === 204 || head.status === 304;
      if (head.status < 200 && head.status !== 101) {
        informational.push(head.status);
        continue;
      }
      const body: Body =
        empty || head.status === 101
          ? { bytes: Buffer.alloc(0), framing: 'none', trailers: [] }
          : await readBody(this.stream, head.headers, 'until-close');
      return makeAnswer(head, body, informational);
    }
  }

  /** Only the head, whatever its status. */
  async head(): Promise<{ status: number; headers: HeaderList; raw: string }> {
    const raw = await this.stream.head();
    if (raw === undefined) throw new Error(`the connection ended (${this.stream.ending}) instead of an answer`);
    const { startLine, headers } = parseHead(raw);
    const match = STATUS_LINE.exec(startLine);
    if (match === null) throw new Error(`not a status line: ${JSON.stringify(startLine)}`);
    return { status: Number(match[1]), headers, raw };
  }

  /** How the proxy ends its direction; what still comes is dropped. */
  closed(): Promise<'end' | 'reset'> {
    return this.stream.closed();
  }

  /** Ends our direction; we still read. */
  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

export const requestBytes = (lines: readonly string[], body: string | Buffer = ''): Buffer =>
  Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body as string, 'latin1')]);

function makeAnswer(
  { status, headers, raw }: { status: number; headers: HeaderList; raw: string },
  body: Body,
  informational: readonly number[],
): Answer {
  return {
    ...body,
    status,
    headers,
    raw,
    informational,
    text: body.bytes.toString('latin1'),
    header: (name) => headerOf(headers, name),
    headerValues: (name) => headersOf(headers, name),
  };
}

/** One request on a connection of its own. */
export async function ask(port: number, lines: readonly string[], body: string | Buffer = ''): Promise<Answer> {
  const client = await RawClient.connect(port);
  try {
    return await client.ask(lines, body);
  } finally {
    client[Symbol.dispose]();
  }
}

/** GET on a connection of its own. */
export const get = (port: number, host: string, target = '/'): Promise<Answer> =>
  ask(port, [`GET ${target} HTTP/1.1`, `Host: ${host}`]);
