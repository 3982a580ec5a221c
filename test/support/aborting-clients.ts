import { connect, type Socket } from 'node:net';

/** How far a client comes before it leaves. */
export const abortPhases = [
  'before a byte',
  'in the head',
  'after the head',
  'in a body with a length',
  'in a chunked body',
  'at the first bytes of the answer',
  'with the answer unread',
  'in a pipeline',
  'in a tunnel',
  'half-closed',
] as const;
export type AbortPhase = (typeof abortPhases)[number];

/** How it leaves: its direction first, a reset, or a close that may leave bytes unread. */
export const abortEnds = ['fin', 'rst', 'close'] as const;
export type AbortEnd = (typeof abortEnds)[number];

export interface AbortOptions {
  readonly port: number;
  readonly total: number;
  /** Clients at one time. */
  readonly lanes: number;
  readonly host: string;
  readonly dice: (limit: number) => number;
}

/** Clients by what they did, `phase end`, and how many of them heard anything. */
export interface AbortReport {
  readonly left: Map<string, number>;
  heard: number;
  /** Had to be cut: the proxy did not end what the client had ended. */
  cut: number;
}

/** Time for the proxy to end a connection whose client has ended its direction, before the client gives up. */
const PATIENCE_MS = 250;
const LATER_MS = 4;
/** See `flood.ts`. */
const ADDRESSES = 50;

/** Connects, asks and leaves `total` times. */
export async function abortRequests(options: AbortOptions): Promise<AbortReport> {
  const report: AbortReport = { left: new Map(), heard: 0, cut: 0 };
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < options.total) await new AbortingClient(options, next++, report).gone;
  };
  await Promise.all(Array.from({ length: options.lanes }, lane));
  return report;
}

class AbortingClient {
  readonly gone: Promise<void>;
  readonly #phase: AbortPhase;
  readonly #end: AbortEnd;
  readonly #options: AbortOptions;
  readonly #report: AbortReport;
  readonly #socket: Socket;
  #heard = false;
  #leaving = false;

  constructor(options: AbortOptions, n: number, report: AbortReport) {
    const { dice, port } = options;
    this.#options = options;
    this.#report = report;
    this.#phase = abortPhases[dice(abortPhases.length)];
    this.#end = abortEnds[dice(abortEnds.length)];
    const name = `${this.#phase}, ${this.#end}`;
    report.left.set(name, (report.left.get(name) ?? 0) + 1);
    const socket = connect({ port, host: `127.0.0.${2 + (n % ADDRESSES)}`, noDelay: true, allowHalfOpen: true });
    this.#socket = socket;
    this.gone = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    socket.on('connect', () => this.#begin());
    socket.on('data', () => this.#hear());
    socket.on('end', () => socket.destroy());
  }

  #begin(): void {
    const { dice } = this.#options;
    const bytes = this.#bytes();
    if (bytes !== '') this.#socket.write(bytes, 'latin1');
    if (this.#phase === 'half-closed') this.#leaveBy('fin');
    else if (this.#phase === 'with the answer unread') this.#socket.pause();
    if (!this.#waits || dice(20) === 0) this.#leaveSoon();
    else setTimeout(() => this.#leave(), PATIENCE_MS);
  }

  /** For a byte of the answer. */
  get #waits(): boolean {
    return (
      this.#phase === 'at the first bytes of the answer' ||
      this.#phase === 'in a tunnel' ||
      this.#phase === 'in a pipeline'
    );
  }

  #bytes(): string {
    const { host, dice } = this.#options;
    const line = `GET /${dice(1000)} HTTP/1.1\r\nHost: ${host}\r\n`;
    const post = `POST /${dice(1000)} HTTP/1.1\r\nHost: ${host}\r\n`;
    const part = 'x'.repeat([0, 1, 1000, 30_000][dice(4)]);
    switch (this.#phase) {
      case 'before a byte':
        return '';
      case 'in the head':
        return line.slice(0, 1 + dice(line.length));
      case 'in a body with a length':
        return `${post}Content-Length: ${part.length + 1 + dice(100_000)}\r\n\r\n${part}`;
      case 'in a chunked body':
        return `${post}Transfer-Encoding: chunked\r\n\r\n${part && `${part.length.toString(16)}\r\n${part}\r\n`}5\r\nxx`;
      case 'in a pipeline':
        return `${line}\r\n`.repeat(2 + dice(30));
      case 'in a tunnel':
        return `${line}Connection: Upgrade\r\nUpgrade: echo\r\n\r\n`;
      default:
        return dice(4) > 0 ? `${line}\r\n` : `${post}Content-Length: ${part.length}\r\n\r\n${part}`;
    }
  }

  #hear(): void {
    if (!this.#heard) this.#report.heard++;
    this.#heard = true;
    if (this.#phase === 'in a tunnel' && this.#options.dice(3) > 0 && this.#socket.writable) this.#socket.write('ping');
    else if (this.#waits) this.#leaveSoon();
  }

  #leaveSoon(): void {
    const laterMs = this.#options.dice(LATER_MS);
    if (laterMs === 0) this.#leave();
    else setTimeout(() => this.#leave(), laterMs);
  }

  #leave(): void {
    if (!this.#leaving) this.#leaveBy(this.#end);
  }

  #leaveBy(end: AbortEnd): void {
    const socket = this.#socket;
    this.#leaving = true;
    if (socket.destroyed) return;
    if (end === 'rst') socket.resetAndDestroy();
    else if (end === 'close') socket.destroy();
    else {
      socket.end();
      socket.resume();
      const cut = setTimeout(() => {
        this.#report.cut++;
        socket.destroy();
      }, PATIENCE_MS);
      socket.once('close', () => clearTimeout(cut));
    }
  }
}
