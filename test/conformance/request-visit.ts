import { expect } from 'vitest';
import { counting, type Script } from '../support/recording-backend.ts';
import type { RequestCase } from './case.ts';
import { judgeClosed, judgeKept, judgeOwnAnswer, judgeOwnLines, judgeSeen, linesOf } from './judging.ts';
import type { ConformanceStage, Guest } from './stage.ts';

/** Said behind what is refused; it must never be read as a request. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n';

/** What stands in for the answer to a body that is not in order. */
const neverWhole: Script = {
  whole({ line, body }) {
    throw new Error(`a broken request was passed on as a whole one: ${line} with ${JSON.stringify(body)}`);
  },
};

/** One client that says what its case has, in as many pieces as its owner likes, and is judged at both ends. */
export class RequestVisit {
  readonly #case: RequestCase;
  readonly #stage: ConformanceStage;
  readonly #guest: Guest;

  private constructor(stage: ConformanceStage, guest: Guest, one: RequestCase) {
    this.#stage = stage;
    this.#guest = guest;
    this.#case = one;
  }

  static async open(stage: ConformanceStage, one: RequestCase): Promise<RequestVisit> {
    return new RequestVisit(stage, await stage.invite(one.broken === undefined ? counting : neverWhole), one);
  }

  /** The bytes from `from` to `to`. */
  say(from: number, to: number): Promise<void> {
    return this.#guest.client.write(this.#case.says.slice(from, to));
  }

  /** Everything has been said: waits for what the client gets, then looks at what the backend saw. */
  async judge(): Promise<void> {
    const { client } = this.#guest;
    const { refused, broken, ends } = this.#case;
    if (refused !== undefined || broken !== undefined) await client.write(SMUGGLED).catch(() => {});
    if (ends) client.end();
    await this.#judgeAnswers();
    await this.#judgeEnd();
    this.#judgeBackend();
    this.#stage.dismiss(this.#guest, this.#case.broken === undefined);
  }

  get #closes(): boolean {
    const { closes, refused, broken } = this.#case;
    return closes === true || refused !== undefined || broken !== undefined;
  }

  async #judgeAnswers(): Promise<void> {
    const { client } = this.#guest;
    const { sees = [], refused, broken } = this.#case;
    for (const [k, { line, lines = [] }] of sees.entries()) {
      const method = line.split(' ')[0]!;
      const answer = await client.answer(method);
      const number = String(k + 1);
      expect({
        status: answer.status,
        text: answer.text,
        lines: linesOf(answer.raw),
        interim: answer.informational,
      }).toEqual({
        status: 200,
        text: method === 'HEAD' ? '' : number,
        lines: [`Content-Length: ${number.length}`],
        interim: lines.some((one) => /^expect:/i.test(one)) ? [100] : [],
      });
      judgeOwnLines(answer.headers, this.#connectionOf(k));
    }
    const own = refused ?? broken;
    if (own !== undefined) judgeOwnAnswer(await client.answer(), own, 'close', this.#case.json);
  }

  /** What the answer to request `k` says of the connection. */
  #connectionOf(k: number): string | undefined {
    const { sees = [], connection, refused, closes } = this.#case;
    if (connection !== undefined) return connection;
    return closes === true && refused === undefined && k === sees.length - 1 ? 'close' : undefined;
  }

  async #judgeEnd(): Promise<void> {
    const { client } = this.#guest;
    if (this.#closes || this.#case.ends) await judgeClosed(client);
    else await judgeKept(client, (this.#case.sees?.length ?? 0) + 1);
  }

  #judgeBackend(): void {
    const { sees = [], broken } = this.#case;
    const { visit } = this.#guest;
    const seen = visit.requests.filter(({ line }) => line !== 'GET /after HTTP/1.1');
    // How much of it has come by now is chance; its script has an eye on what becomes of it.
    if (broken !== undefined) return expect(seen.length).toBeLessThanOrEqual(1);
    expect(seen.map(({ line }) => line)).toEqual(sees.map(({ line }) => line));
    for (const [k, one] of sees.entries()) {
      expect(seen[k]!.body).toBeDefined();
      judgeSeen(this.#stage, seen[k]!, one, visit.address);
    }
  }
}
