import { seededDice } from './dice.ts';
import { RawClient } from './raw-client.ts';
import { type Frame, frame, handshake, opcode, readFrame } from './web-socket-frames.ts';

const PAUSE_MS = 250;

export interface LanesReport {
  open: number;
  /** Those that ended before they were told to. */
  closed: number;
  echoed: number;
  wrong: number;
}

/** WebSockets that stay open beside a load; each says something now and then and wants it back before it goes on. */
export class WebSocketLanes {
  readonly report: LanesReport = { open: 0, closed: 0, echoed: 0, wrong: 0 };
  readonly #lanes: Lane[] = [];
  #stopped = false;

  /** The n-th goes to the n-th host, and round again. */
  static async open(port: number, hosts: readonly string[], count: number, seed: number): Promise<WebSocketLanes> {
    const lanes = new WebSocketLanes();
    const dice = seededDice(seed);
    for (let i = 0; i < count; i++) {
      const client = await RawClient.connect(port);
      const { status } = await client.ask(handshake(hosts[i % hosts.length], '/echo'));
      if (status !== 101) throw new Error(`WebSocket ${i} is answered with ${status}`);
      lanes.#lanes.push(new Lane(client, dice, lanes.report, () => lanes.#stopped));
    }
    lanes.report.open = count;
    return lanes;
  }

  /** Every WebSocket says one last message, is answered, and closes. */
  async stop(): Promise<LanesReport> {
    this.#stopped = true;
    await Promise.all(this.#lanes.map((lane) => lane.done));
    return this.report;
  }
}

class Lane {
  readonly done: Promise<void>;
  readonly #client: RawClient;
  #held: Buffer = Buffer.alloc(0);

  constructor(client: RawClient, dice: (limit: number) => number, report: LanesReport, stopped: () => boolean) {
    this.#client = client;
    this.done = this.#run(dice, report, stopped);
  }

  async #run(dice: (limit: number) => number, report: LanesReport, stopped: () => boolean): Promise<void> {
    for (let last = false; !last; ) {
      last = stopped();
      const said = Buffer.alloc(dice(20) === 0 ? dice(70_000) : dice(300), dice(256));
      this.#client.socket.write(frame(opcode.binary, said));
      const heard = await this.#frame().catch(() => undefined);
      if (heard === undefined) report.closed++;
      else if (heard.op !== opcode.binary || !heard.fin || !heard.payload.equals(said)) report.wrong++;
      else report.echoed++;
      if (heard === undefined) break;
      // A pause is the point here: a connection that is quiet for a while must stay.
      if (!last) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS + dice(PAUSE_MS)));
    }
    this.#client[Symbol.dispose]();
  }

  async #frame(): Promise<Frame | undefined> {
    for (;;) {
      const read = readFrame(this.#held);
      if (read !== undefined) {
        this.#held = this.#held.subarray(read.next);
        return read.frame;
      }
      const more = await this.#client.stream.some();
      if (more === undefined) return undefined;
      this.#held = this.#held.length === 0 ? more : Buffer.concat([this.#held, more]);
    }
  }
}
