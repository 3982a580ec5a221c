import { connect, type Socket } from 'node:net';

/** One request and what may answer it. */
export interface Asked {
  readonly method: string;
  readonly bytes: string;
  /** What is wrong with this answer, or undefined. */
  judge(status: number, body: string): string | undefined;
}

export interface FloodOptions {
  readonly port: number;
  readonly total: number;
  /** Kept-alive connections; each asks one request at a time. */
  readonly lanes: number;
  /** Every n-th request goes over a connection of its own. */
  readonly freshEvery: number;
  /** The n-th request, from 0. */
  readonly ask: (n: number) => Asked;
}

export interface FloodReport {
  answered: number;
  fresh: number;
  /** Connections that ended without, or in the middle of, an answer. */
  resets: number;
  wrong: number;
  /** The first sentences about what was wrong. */
  readonly examples: string[];
  slowestMs: number;
  elapsedMs: number;
  /** CPU of this thread per request, in microseconds. */
  cpuMicrosPerRequest: number;
}

const EXAMPLES = 20;
/** Fresh connections go to many loopback addresses, so that ports in TIME_WAIT are never short. */
const ADDRESSES = 50;
const READ_BUFFER_BYTES = 64 * 1024;

/** Asks `total` requests and judges every answer: status, framing, body. */
export async function flood(options: FloodOptions): Promise<FloodReport> {
  const run = new Run(options);
  const began = performance.now();
  const cpu = process.cpuUsage();
  await Promise.all(Array.from({ length: options.lanes }, () => new Lane(run).done));
  const { user, system } = process.cpuUsage(cpu);
  run.report.elapsedMs = performance.now() - began;
  run.report.cpuMicrosPerRequest = (user + system) / options.total;
  return run.report;
}

class Run {
  readonly options: FloodOptions;
  readonly report: FloodReport = {
    answered: 0,
    fresh: 0,
    resets: 0,
    wrong: 0,
    examples: [],
    slowestMs: 0,
    elapsedMs: 0,
    cpuMicrosPerRequest: 0,
  };
  #next = 0;

  constructor(options: FloodOptions) {
    this.options = options;
  }

  /** The next request's number, or -1. */
  take(): number {
    return this.#next < this.options.total ? this.#next++ : -1;
  }

  complain(sentence: string): void {
    if (this.report.examples.length < EXAMPLES) this.report.examples.push(sentence);
  }
}

/** One kept-alive connection, and the fresh ones that it opens in between. */
class Lane {
  readonly done: Promise<void>;
  readonly #run: Run;
  readonly #finish: () => void;
  #kept: Wire | undefined;

  constructor(run: Run) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.#finish = resolve;
    this.#run = run;
    this.#step();
  }

  #step(): void {
    const n = this.#run.take();
    if (n < 0) {
      this.#kept?.close();
      return this.#finish();
    }
    const { port, ask, freshEvery } = this.#run.options;
    if (n % freshEvery === 0) {
      this.#run.report.fresh++;
      const wire = new Wire(port, `127.0.0.${2 + ((n / freshEvery) % ADDRESSES)}`);
      this.#exchange(wire, ask(n), () => wire.close());
    } else {
      if (this.#kept?.ended) this.#kept.close();
      if (this.#kept === undefined || this.#kept.ended) this.#kept = new Wire(port, '127.0.0.1');
      this.#exchange(this.#kept, ask(n), () => {});
    }
  }

  #exchange(wire: Wire, asked: Asked, after: () => void): void {
    const began = performance.now();
    wire.exchange(asked.bytes, (status, body) => {
      const { report } = this.#run;
      report.slowestMs = Math.max(report.slowestMs, performance.now() - began);
      after();
      if (status === 0) {
        report.resets++;
        this.#run.complain(`${firstLine(asked)}: ${body}`);
      } else {
        report.answered++;
        const wrong = asked.judge(status, body);
        if (wrong !== undefined) {
          report.wrong++;
          this.#run.complain(`${firstLine(asked)}: ${wrong}`);
        }
      }
      this.#step();
    });
  }
}

const firstLine = (asked: Asked): string =>
  asked.bytes.slice(0, asked.bytes.indexOf('\r\n\r\n')).replace(/\r\n/g, ' | ');

/** Status 0: the connection ended instead, and the text says how. */
type Told = (status: number, body: string) => void;

/** One connection: text out, one answer with a length in. Reads into one buffer of its own and keeps nothing between. */
class Wire {
  ended = false;
  readonly #socket: Socket;
  #told: Told | undefined;
  #text = '';

  constructor(port: number, host: string) {
    this.#socket = connect({
      port,
      host,
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
        callback: (size, bytes) => this.#read(size, bytes as Buffer),
      },
    });
    this.#socket.on('error', (error) => this.#end(`error ${(error as NodeJS.ErrnoException).code}`));
    this.#socket.on('end', () => this.#end('end'));
    this.#socket.on('close', () => this.#end('close'));
  }

  exchange(bytes: string, told: Told): void {
    this.#told = told;
    this.#text = '';
    if (this.ended) return this.#end('ended before');
    this.#socket.write(bytes, 'latin1');
  }

  /** Said by us, or by a peer that closes behind its answer. */
  close(): void {
    this.ended = true;
    this.#socket.destroy();
  }

  #read(size: number, bytes: Buffer): boolean {
    const piece = bytes.toString('latin1', 0, size);
    this.#text = this.#text === '' ? piece : this.#text + piece;
    const text = this.#text;
    const headEnd = text.indexOf('\r\n\r\n');
    if (headEnd < 0) return true;
    const at = text.indexOf('\r\nContent-Length: ');
    const length = at < 0 || at > headEnd ? Number.NaN : Number(text.slice(at + 18, text.indexOf('\r\n', at + 18)));
    const end = headEnd + 4 + length;
    if (text.length < end) return true;
    const told = this.#told;
    this.#told = undefined;
    const closing = text.indexOf('\r\nConnection: close\r\n');
    if (closing >= 0 && closing < headEnd) this.ended = true;
    if (told === undefined || text.length !== end || !text.startsWith('HTTP/1.1 ')) this.#broken(told, text);
    else told(Number(text.slice(9, 12)), text.slice(headEnd + 4));
    return true;
  }

  #broken(told: Told | undefined, text: string): void {
    this.close();
    told?.(0, `not an answer with a length: ${JSON.stringify(text.slice(0, 300))}`);
  }

  #end(how: string): void {
    this.ended = true;
    const told = this.#told;
    this.#told = undefined;
    told?.(0, how);
  }
}
