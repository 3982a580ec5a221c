import { type AddressInfo, createServer, type Socket } from 'node:net';
import { seededDice } from './dice.ts';

// Run by `startForked` with a seed and a number of ports: HTTP/1.1 servers that close connections which have answered
// before, at random and without a word. `GET /5` is answered with `5`. Says its ports, and for any message a report.

export interface StaleReport {
  /** By the number in the target: how often the head of such a request was read, 255 at most; as base64. */
  readonly delivered: string;
  readonly closed: Readonly<Record<StaleEnd, number>>;
}

/** When a connection ends, and how. */
export type StaleEnd = 'fin-at-once' | 'rst-at-once' | 'fin-later' | 'rst-later' | 'fin-on-arrival' | 'rst-on-arrival';

const LATER_MS = 4;
const ENDS: readonly StaleEnd[] = [
  'fin-at-once',
  'rst-at-once',
  'fin-later',
  'rst-later',
  'fin-on-arrival',
  'rst-on-arrival',
];
/** One answer of this many is the last one of its connection. */
const LAST_OF = 12;

const dice = seededDice(Number(process.argv[2]));
const ports = Number(process.argv[3]);
const delivered = new Uint8Array(Number(process.argv[4]));
const closed = Object.fromEntries(ENDS.map((end) => [end, 0])) as Record<StaleEnd, number>;

class Connection {
  readonly #socket: Socket;
  #held = '';
  /** The body bytes of the present request that are still to come; -1 while its head is not whole. */
  #bodyEnd = -1;
  #planned: StaleEnd | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (bytes) => this.#read(bytes.toString('latin1')));
  }

  #read(text: string): void {
    this.#held += text;
    while (this.#socket.writable && this.#step()) {}
  }

  /** True when a whole request was taken. */
  #step(): boolean {
    const headEnd = this.#held.indexOf('\r\n\r\n') + 4;
    if (headEnd < 4) return false;
    const head = this.#held.slice(0, headEnd);
    const id = Number(head.slice(head.indexOf('/') + 1, head.indexOf(' HTTP/')));
    if (this.#bodyEnd < 0) {
      delivered[id] = Math.min(255, delivered[id] + 1);
      this.#bodyEnd = headEnd + Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (this.#planned === 'fin-on-arrival' || this.#planned === 'rst-on-arrival') this.#close(this.#planned);
    }
    if (!this.#socket.writable) return false;
    const end = /\r\ntransfer-encoding: chunked/i.test(head)
      ? this.#held.indexOf('0\r\n\r\n', headEnd) + 5
      : this.#bodyEnd;
    if (end < headEnd || this.#held.length < end) return false;
    this.#held = this.#held.slice(end);
    this.#bodyEnd = -1;
    const body = String(id);
    this.#socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    if (dice(LAST_OF) === 0) this.#plan();
    return true;
  }

  #plan(): void {
    this.#planned = ENDS[dice(ENDS.length)];
    if (this.#planned === 'fin-at-once') this.#close(this.#planned);
    else if (this.#planned === 'rst-at-once') setImmediate(() => this.#close('rst-at-once'));
    else if (this.#planned.endsWith('later')) setTimeout(() => this.#close(this.#planned as StaleEnd), dice(LATER_MS));
  }

  #close(end: StaleEnd): void {
    if (!this.#socket.writable) return;
    closed[end]++;
    if (end.startsWith('fin')) this.#socket.end();
    else this.#socket.resetAndDestroy();
  }
}

const listen = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer((socket) => void new Connection(socket));
    server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => resolve((server.address() as AddressInfo).port));
  });

const listening = await Promise.all(Array.from({ length: ports }, listen));
process.send?.(listening);
process.on('message', () => {
  process.send?.({ delivered: Buffer.from(delivered).toString('base64'), closed } satisfies StaleReport);
});
process.on('disconnect', () => process.exit(0));
