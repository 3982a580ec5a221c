import { headerOf, parseHead, readBody } from './message.ts';
import { Origin, type SeenConnection } from './origin.ts';

type Dice = (limit: number) => number;

/** A right answer says the id of its request, some number of times. */
export const answerText = (id: string, times: number): string => `${id};`.repeat(times);

interface Asked {
  readonly id: string;
  readonly raw: string;
  readonly connection: SeenConnection;
  say(text: string): void;
  /** The request's body; rejects when the peer leaves within it. */
  body(): Promise<void>;
}

/** Whether another request may follow on the connection. */
type Deed = (asked: Asked, endpoint: ChaosEndpoint) => boolean | Promise<boolean>;

const withLength = (id: string, times: number, lines = ''): string => {
  const text = answerText(id, times);
  return `HTTP/1.1 200 OK\r\n${lines}Content-Length: ${text.length}\r\n\r\n${text}`;
};
const withChunks = (id: string, times: number): string => {
  const size = id.length + 1;
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${`${size.toString(16)}\r\n${id};\r\n`.repeat(times)}`;
};

const finish = ({ connection }: Asked): false => {
  connection.socket.end();
  return false;
};
const reset = ({ connection }: Asked): false => {
  connection.socket.resetAndDestroy();
  return false;
};
/** The client cannot get this answer whole. */
const cut = (asked: Asked, { torn }: ChaosEndpoint, end: (asked: Asked) => false): false => {
  torn.add(asked.id);
  return end(asked);
};
const afterBody =
  (text: (asked: Asked) => string): Deed =>
  async (asked) => {
    await asked.body();
    asked.say(text(asked));
    return true;
  };

const well = [
  afterBody(({ id }) => withLength(id, 1)),
  afterBody(({ id }) => withLength(id, 20_000)),
  afterBody(({ id }) => `${withChunks(id, 3)}0\r\n\r\n`),
  afterBody(({ id }) => `HTTP/1.1 103 Early Hints\r\n\r\n${withLength(id, 2)}`),
] satisfies Deed[];

const odd = [
  // before and in the head
  reset,
  finish,
  async (asked) => {
    await asked.body();
    return reset(asked);
  },
  (asked) => {
    asked.say('HTTP/1.1 200 O');
    return reset(asked);
  },
  (asked) => {
    asked.say('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello');
    return true;
  },
  (asked) => {
    asked.say('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(40));
    return true;
  },
  // in the body
  (asked, endpoint) => {
    asked.say(withLength(asked.id, 5000).slice(0, -10));
    return cut(asked, endpoint, finish);
  },
  (asked, endpoint) => {
    asked.say(withLength(asked.id, 5000).slice(0, -10));
    return cut(asked, endpoint, reset);
  },
  (asked, endpoint) => {
    asked.say(`${withChunks(asked.id, 2)}zz`);
    return cut(asked, endpoint, finish);
  },
  // behind it
  async (asked) => {
    await asked.body();
    asked.say(withLength(asked.id, 1));
    return asked.id.endsWith('1') ? finish(asked) : reset(asked);
  },
  afterBody(({ id }) => withLength(id, 1, 'Connection: close\r\n')),
  afterBody(({ id }) => withLength(id, 1) + withLength('another', 1)),
  afterBody(({ id }) => `${withLength(id, 1)}surplus`),
  async (asked) => {
    await asked.body();
    asked.say(`HTTP/1.1 200 OK\r\n\r\n${answerText(asked.id, 3)}`);
    return finish(asked);
  },
  // early, badly, or never
  (asked, { early }) => {
    early.add(asked.id);
    asked.say(withLength(asked.id, 1, 'Connection: close\r\n').replace('200 OK', '413 Early'));
    return finish(asked);
  },
  (asked, { early }) => {
    early.add(asked.id);
    asked.say(withLength(asked.id, 1));
    return finish(asked);
  },
  afterBody(({ id }) => withLength(id, 1).replace('200 OK', '503 Broken')),
  afterBody(() => ''),
] satisfies Deed[];

/** One endpoint that does what no endpoint should, at random, and remembers what reached it. */
export class ChaosEndpoint {
  /** By the id in the target. */
  readonly delivered = new Map<string, number>();
  /** Ids of requests whose answer was begun and not finished. */
  readonly torn = new Set<string>();
  /** Ids of requests that were answered before they were read. */
  readonly early = new Set<string>();
  /** Requests that came on a connection which was said to be another client's. */
  readonly mixups: string[] = [];
  calm = false;
  readonly port: number;
  readonly #dice: Dice;
  readonly #proxied: boolean;
  #origin: Origin;

  /** `proxied`: each connection begins with a line of the PROXY protocol. */
  private constructor(origin: Origin, dice: Dice, proxied: boolean) {
    this.#origin = origin;
    this.port = origin.port;
    this.#dice = dice;
    this.#proxied = proxied;
    origin.serve = (connection) => this.#serve(connection);
  }

  static async start(dice: Dice, proxied: boolean): Promise<ChaosEndpoint> {
    return new ChaosEndpoint(await new Origin(async () => {}).listen(), dice, proxied);
  }

  /** Nobody listens for a while. */
  async away(ms: number): Promise<void> {
    const { serve } = this.#origin;
    await this.#origin.close();
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.#origin = await new Origin(serve).listen('127.0.0.1', this.port);
  }

  close(): Promise<void> {
    return this.#origin.close();
  }

  async #serve(connection: SeenConnection): Promise<void> {
    const { stream, socket } = connection;
    if (!this.calm && this.#dice(40) === 0) return void socket.resetAndDestroy();
    try {
      const from = this.#proxied ? (await stream.line()).split(' ')[4] : undefined;
      for (;;) {
        const raw = await stream.head();
        if (raw === undefined) return void socket.end();
        if (!(await this.#answer(raw, connection, from))) return;
      }
    } catch {
      socket.destroy(); // the peer has left within a request
    }
  }

  async #answer(raw: string, connection: SeenConnection, from: string | undefined): Promise<boolean> {
    const { startLine, headers } = parseHead(raw);
    const id = (startLine.split(' ')[1] as string).slice(1);
    const { stream, socket } = connection;
    this.delivered.set(id, (this.delivered.get(id) ?? 0) + 1);
    if (from !== undefined && headerOf(headers, 'client-port') !== from) this.mixups.push(`${id} came as ${from}`);
    const say = (text: string): void => void socket.write(text, 'latin1');
    const body = async (): Promise<void> => void (await readBody(stream, headers, 'none'));
    const asked = { id, raw, connection, say, body };
    const deeds: readonly Deed[] = this.calm || this.#dice(3) > 0 ? well : odd;
    const next = await (deeds[this.#dice(deeds.length)] as Deed)(asked, this);
    if (this.calm || !next || this.#dice(15) > 0) return next;
    setTimeout(() => socket.destroy(), this.#dice(20)); // in the pool, or already in use again
    return true;
  }
}
