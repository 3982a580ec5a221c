import { type AddressInfo, createServer, type Socket } from 'node:net';
import { newSeed, seededDice } from './dice.ts';

// Run by `startForked` with a seed and a number of ports: HTTP/1.1 servers that may end, stall or stream at any moment of
// an exchange. `GET /good` is answered as one should, with the port. Says its ports.

const dice = seededDice(Number(process.argv[2] ?? newSeed()));
const ports = Number(process.argv[3]);
const LARGE = 200_000;
const answerOf = (body: string, more = ''): Buffer =>
  Buffer.from(`HTTP/1.1 200 OK\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`, 'latin1');
const answers = {
  small: answerOf('small'),
  large: answerOf('l'.repeat(LARGE)),
  last: answerOf('last', 'Connection: close\r\n'),
};
const PIECE = Buffer.from(`1000\r\n${'c'.repeat(4096)}\r\n`);
const LAST_PIECE = Buffer.from('0\r\n\r\n');

class Connection {
  readonly #socket: Socket;
  #held = '';
  /** Set while a request's body is still to be read: finds where it ends, or -1. */
  #bodyEnd: ((held: string) => number) | undefined;
  /** Until the answer is said, the next request waits. */
  #busy = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (bytes) => this.#read(bytes.toString('latin1')));
    socket.on('end', () => socket.end());
  }

  #read(text: string): void {
    this.#held += text;
    while (this.#socket.writable && this.#step()) {}
  }

  #step(): boolean {
    if (this.#bodyEnd !== undefined) return this.#skipBody(this.#bodyEnd);
    if (this.#busy) return false;
    const headEnd = this.#held.indexOf('\r\n\r\n') + 4;
    if (headEnd < 4) return false;
    const head = this.#held.slice(0, headEnd);
    this.#held = this.#held.slice(headEnd);
    this.#bodyEnd = bodyEndOf(head);
    this.#busy = true;
    this.#answer(head);
    return true;
  }

  #skipBody(endIn: (held: string) => number): boolean {
    const end = endIn(this.#held);
    if (end < 0) return false;
    this.#held = this.#held.slice(end);
    this.#bodyEnd = undefined;
    return true;
  }

  #answer(head: string): void {
    if (head.startsWith('GET /good')) this.#say(answerOf(String(this.#socket.localPort)));
    else if (/\r\nupgrade:/i.test(head) && dice(5) > 0) this.#switch();
    else behaviours[dice(behaviours.length)]((said) => this.#say(said), this.#socket);
  }

  /** The whole answer: what comes next is the next request. */
  #say(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
    this.#busy = false;
    setImmediate(() => this.#read(''));
  }

  /** Echoes, and may end at any message. */
  #switch(): void {
    const socket = this.#socket;
    socket.removeAllListeners('data');
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello');
    socket.on('data', (bytes) => {
      if (socket.writable) socket.write(bytes);
      if (dice(4) === 0) endOf(socket);
    });
  }
}

function bodyEndOf(head: string): ((held: string) => number) | undefined {
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length !== undefined) return (held) => (held.length < Number(length) ? -1 : Number(length));
  if (!/\r\ntransfer-encoding: chunked/i.test(head)) return undefined;
  return (held) => {
    const last = held.indexOf('0\r\n\r\n');
    return last < 0 ? -1 : last + 5;
  };
}

function endOf(socket: Socket): void {
  if (dice(2) === 0) socket.end();
  else socket.resetAndDestroy();
}

/** `say`: the end of an answer after which the connection goes on. */
type Behaviour = (say: (bytes: Buffer) => void, socket: Socket) => void;

const small: Behaviour = (say) => say(answers.small);
const late: Behaviour = (say) => setTimeout(() => say(answers.small), dice(10));
const large: Behaviour = (say) => say(answers.large);
const silent: Behaviour = () => {};
const ends: Behaviour = (_, socket) => endOf(socket);
const endsLater: Behaviour = (_, socket) => setTimeout(() => endOf(socket), dice(5));
const halfHead: Behaviour = (_, socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Le', () => endOf(socket));
const halfBody: Behaviour = (_, socket) => socket.write(answers.large.subarray(0, LARGE / 2), () => endOf(socket));
const untilClose: Behaviour = (_, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end');
const lastAnswer: Behaviour = (_, socket) => socket.end(answers.last);
const informs: Behaviour = (say, socket) => {
  socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
  setTimeout(() => say(answers.small), dice(3));
};
/** In pieces over some time; one of five breaks off. */
const streams: Behaviour = (say, socket) => {
  socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
  let left = 5;
  const next = (): void => {
    if (!socket.writable) return;
    if (left-- === 0) return say(LAST_PIECE);
    if (dice(25) === 0) return endOf(socket);
    socket.write(PIECE);
    setTimeout(next, dice(3));
  };
  next();
};

const behaviours: readonly Behaviour[] = [
  ...Array<Behaviour>(12).fill(small),
  ...[late, late, late, late, streams, streams, streams, informs, informs, large, large],
  ...[ends, ends, endsLater, endsLater, halfHead, halfBody, untilClose, lastAnswer, silent],
];

const listen = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer({ allowHalfOpen: true }, (socket) => void new Connection(socket));
    server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => resolve((server.address() as AddressInfo).port));
  });

process.send?.(await Promise.all(Array.from({ length: ports }, listen)));
process.on('disconnect', () => process.exit(0));
