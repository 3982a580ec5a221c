import { RawClient } from '../../support/raw-client.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { PodAnswer } from './pods.ts';

/** One question that is asked again and again, and the pods that may answer it. */
export interface Question {
  readonly host: string;
  readonly target?: string;
  readonly pods: readonly string[];
}

export interface TrafficReport {
  readonly asked: number;
  /** Every answer that was not right, and every connection that failed. */
  readonly wrong: readonly string[];
  readonly slowestMs: number;
}

export interface TrafficOptions {
  readonly connections?: number;
  /** Between an answer and the next question on a connection. */
  readonly pauseMs?: number;
}

const WRONG_LIMIT = 20;

/** Asks on several kept-alive connections until it is stopped, and judges every answer. */
export class Traffic {
  readonly #port: number;
  readonly #questions: readonly Question[];
  readonly #pauseMs: number;
  readonly #askers: Promise<void>[];
  readonly #wrong: string[] = [];
  #asked = 0;
  #slowestMs = 0;
  #stopped = false;

  constructor(port: number, questions: readonly Question[], { connections = 4, pauseMs = 2 }: TrafficOptions = {}) {
    this.#port = port;
    this.#questions = questions;
    this.#pauseMs = pauseMs;
    this.#askers = Array.from({ length: connections }, (_, index) => this.#keepAsking(index));
  }

  get asked(): number {
    return this.#asked;
  }

  get wrong(): readonly string[] {
    return this.#wrong;
  }

  /** Waits until so many more questions were answered. */
  async more(count: number): Promise<void> {
    const goal = this.#asked + count;
    await waitUntil(`${count} more questions`, () => this.#asked >= goal, {
      deadlineMs: 60_000,
      state: () => ({ asked: this.#asked, wrong: this.#wrong.slice(0, WRONG_LIMIT) }),
    });
  }

  async stop(): Promise<TrafficReport> {
    this.#stopped = true;
    await Promise.all(this.#askers);
    return { asked: this.#asked, wrong: this.#wrong, slowestMs: this.#slowestMs };
  }

  async #keepAsking(index: number): Promise<void> {
    for (let turn = index; !this.#stopped; ) {
      try {
        using client = await RawClient.connect(this.#port);
        while (!this.#stopped) await this.#ask(client, this.#questions[turn++ % this.#questions.length]);
      } catch (error) {
        this.#wrong.push(String(error));
      }
    }
  }

  async #ask(client: RawClient, { host, target = '/', pods }: Question): Promise<void> {
    const since = performance.now();
    const { status, text } = await client.ask([`GET ${target} HTTP/1.1`, `Host: ${host}`]);
    this.#slowestMs = Math.max(this.#slowestMs, performance.now() - since);
    this.#asked++;
    const pod = status === 200 ? (JSON.parse(text) as PodAnswer).pod : undefined;
    if (pod === undefined || !pods.includes(pod)) this.#wrong.push(`${host}${target}: ${status} ${pod ?? text}`);
    await new Promise((resolve) => setTimeout(resolve, this.#pauseMs));
  }
}
