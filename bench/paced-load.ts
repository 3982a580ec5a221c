import { Lane, type LaneEvents } from './lane.ts';

export interface PacedPlan {
  readonly host: string;
  readonly port: number;
  /** One whole request; it is sent again and again. */
  readonly request: Buffer;
  /** Requests per second. */
  readonly rate: number;
  /** How many requests in all. */
  readonly total: number;
  /** How many of them come before those whose latency counts: they warm up the program that measures. */
  readonly uncounted: number;
  readonly connections: number;
}

export interface PacedOutcome {
  /** Of each request that counts and got a 200, from the moment at which it was due to the last byte of its answer; in no order. */
  readonly latenciesMs: Float64Array;
  /** Requests with another answer, and those without any at the end. */
  readonly errors: number;
}

/** Longest sleep of the pacer: an answer is noticed at most that late. */
const NAP_MS = 0.05;
const CONNECT_MS = 5000;
/** For the answers after the last request was due. */
const LAST_ANSWERS_MS = 5000;

/**
 * An open loop: request `i` is due at `start + i / rate`, whatever happened to those before it. One that finds no free
 * connection, or a busy machine, leaves late, and its latency still counts from when it was due.
 */
export class PacedLoad {
  readonly #plan: PacedPlan;
  readonly #latenciesMs: Float64Array;
  readonly #free: Lane[] = [];
  readonly #nap = new Int32Array(new SharedArrayBuffer(4));
  #startMs = Number.POSITIVE_INFINITY;
  #sent = 0;
  #settled = 0;
  #answered = 0;
  #measured = 0;
  #isPacing = false;
  #reached: () => void = () => {};

  constructor(plan: PacedPlan) {
    this.#plan = plan;
    this.#latenciesMs = new Float64Array(plan.total);
  }

  /** Throws when the connections cannot be opened. */
  async run(): Promise<PacedOutcome> {
    const { connections, total, rate } = this.#plan;
    const buffer = Buffer.allocUnsafe(65_536);
    const events = this.#events();
    const lanes = Array.from({ length: connections }, () => new Lane(this.#plan, buffer, events));
    try {
      await this.#within(CONNECT_MS);
      if (this.#free.length < connections) throw new Error(`only ${this.#free.length} of ${connections} connections`);
      this.#startMs = performance.now();
      this.#startPacing();
      await this.#within((1000 * total) / rate + LAST_ANSWERS_MS);
    } finally {
      for (const lane of lanes) lane.close();
    }
    return { latenciesMs: this.#latenciesMs.slice(0, this.#measured), errors: total - this.#answered };
  }

  /** Waits for the next call of `#reached`, but no longer than this. */
  async #within(limitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    this.#reached = resolve;
    await promise;
    clearTimeout(timer);
  }

  #events(): LaneEvents {
    return {
      free: (lane) => {
        this.#free.push(lane);
        if (this.#isStarted) this.#startPacing();
        else if (this.#free.length === this.#plan.connections) this.#reached();
      },
      lost: (lane) => {
        const index = this.#free.indexOf(lane);
        if (index >= 0) this.#free.splice(index, 1);
        if (!this.#isStarted) this.#reached(); // one connection less than wanted: no start
      },
      settled: (index, isAnswered) => {
        if (isAnswered) this.#answered += 1;
        if (isAnswered && index >= this.#plan.uncounted)
          this.#latenciesMs[this.#measured++] = performance.now() - this.#dueMs(index);
        if (++this.#settled === this.#plan.total) this.#reached();
      },
    };
  }

  #startPacing(): void {
    if (this.#isPacing || this.#sent === this.#plan.total) return;
    this.#isPacing = true;
    setImmediate(this.#pace);
  }

  /** Sends what is due, naps until the next one is, looks at the sockets, and so on. Without a free lane it waits for one. */
  #pace = (): void => {
    const untilDueMs = this.#sendDue();
    this.#isPacing = this.#sent < this.#plan.total && this.#free.length > 0;
    if (!this.#isPacing) return;
    Atomics.wait(this.#nap, 0, 0, Math.min(untilDueMs, NAP_MS));
    setImmediate(this.#pace);
  };

  get #isStarted(): boolean {
    return Number.isFinite(this.#startMs);
  }

  /** Answers with the time until the next request is due. */
  #sendDue(): number {
    const nowMs = performance.now();
    while (this.#sent < this.#plan.total && this.#dueMs(this.#sent) <= nowMs) {
      const lane = this.#free.shift();
      if (lane === undefined) break;
      lane.send(this.#sent, this.#plan.request);
      this.#sent += 1;
    }
    return this.#dueMs(this.#sent) - nowMs;
  }

  #dueMs(index: number): number {
    return this.#startMs + (1000 * index) / this.#plan.rate;
  }
}
