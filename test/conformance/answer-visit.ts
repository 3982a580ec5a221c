import { expect } from 'vitest';
import { headersOf } from '../support/message.ts';
import type { BackendConnection, Script, SeenRequest } from '../support/recording-backend.ts';
import { counting } from '../support/recording-backend.ts';
import { waitUntil } from '../support/wait-until.ts';
import { type AnswerCase, type Got, get } from './case.ts';
import { judgeClosed, judgeKept, judgeOwnAnswer, judgeOwnLines, linesOf } from './judging.ts';
import type { ConformanceStage, Guest } from './stage.ts';

/** One client whose request is answered with the bytes of its case, in as many pieces as the owner of the visit likes. */
export class AnswerVisit {
  readonly #case: AnswerCase;
  readonly #stage: ConformanceStage;
  readonly #guest: Guest;
  /** Where the case's bytes are said; the last one, where the request was sent again. */
  #upstream: BackendConnection | undefined;
  #requestsThen = 0;

  private constructor(stage: ConformanceStage, guest: Guest, one: AnswerCase) {
    this.#stage = stage;
    this.#guest = guest;
    this.#case = one;
  }

  /** Asks; `firstPiece` bytes of the answer are said at once, or all. */
  static async open(stage: ConformanceStage, one: AnswerCase, firstPiece = one.says.length): Promise<AnswerVisit> {
    let visit: AnswerVisit;
    const script: Script = {
      whole: (seen, all) => {
        if (seen.line.includes('/after')) counting.whole(seen, all);
        else visit.#begin(seen, firstPiece);
      },
    };
    visit = new AnswerVisit(stage, await stage.invite(script), one);
    await visit.#guest.client.write(one.asks ?? get());
    return visit;
  }

  #begin({ connection }: SeenRequest, firstPiece: number): void {
    this.#upstream = connection;
    this.#requestsThen = connection.requests;
    this.say(0, firstPiece);
  }

  /** The request has reached the backend, and the first piece has been said. */
  get begun(): boolean {
    return this.#upstream !== undefined;
  }

  /** The bytes from `from` to `to`, and what stands behind the last one. */
  say(from: number, to: number): void {
    const { says, surplus = '', ends } = this.#case;
    const { socket } = this.#upstream!;
    const piece = says.slice(from, to) + (to === says.length ? surplus : '');
    if (piece !== '') socket.write(piece, 'latin1');
    if (to === says.length && ends) socket.end();
  }

  async judge(): Promise<void> {
    const { gets, asks = get(), closes } = this.#case;
    const { client } = this.#guest;
    const method = asks.split(' ')[0]!;
    if (gets === undefined) {
      judgeOwnAnswer(await client.answer(method), 502, closes ? 'close' : 'keep-alive', this.#case.json);
      if (closes) await judgeClosed(client);
      else await judgeKept(client, this.#guest.visit.requests.length + 1);
    } else if (gets.cut) await this.#judgeCut(gets);
    else {
      await this.#judgeAnswer(gets, method);
      if (closes) await judgeClosed(client);
      else await judgeKept(client, 2);
    }
    await this.#judgeUpstream();
    this.#stage.dismiss(this.#guest);
  }

  async #judgeAnswer(
    { status, lines = [], body = '', framing, trailers = [], interim = [], date }: Got,
    method: string,
  ) {
    const { client } = this.#guest;
    for (const [line, ...rest] of interim) {
      const head = await client.head();
      expect([startOf(head.raw), ...linesOf(head.raw)]).toEqual([line, ...rest]);
      expect(headersOf(head.headers, 'connection')).toEqual([]);
      expect(headersOf(head.headers, 'date')).toEqual([]);
    }
    const answer = await client.answer(method);
    expect({
      status: startOf(answer.raw),
      lines: linesOf(answer.raw),
      body: answer.text,
      framing: answer.framing,
      trailers: answer.trailers.map(([name, value]) => `${name}: ${value}`),
      interim: answer.informational,
    }).toEqual({ status, lines, body, framing, trailers, interim: [] });
    judgeOwnLines(answer.headers, this.#connection, date);
  }

  /** HTTP/1.0 is told when the connection is kept. */
  get #connection(): string | undefined {
    if (this.#case.closes) return 'close';
    return this.#case.asks?.includes(' HTTP/1.0\r\n') ? 'keep-alive' : undefined;
  }

  /** What was promised never comes, and the end never looks like one. */
  async #judgeCut({ status, lines = [], body = '', framing }: Got): Promise<void> {
    const { client } = this.#guest;
    const head = await client.head();
    expect([startOf(head.raw), ...linesOf(head.raw)]).toEqual([status, ...lines]);
    if (framing === 'until-close') return this.#judgeReset(body);
    let rest = '';
    for (let piece = await client.stream.some(); piece !== undefined; piece = await client.stream.some())
      rest += piece.toString('latin1');
    if (framing === 'chunked') {
      expect(rest).not.toMatch(/(^|\r\n)0\r\n/);
      rest = [...rest.matchAll(/([0-9a-f]+)\r\n(.*?)\r\n/gs)].map(([, , data]) => data).join('');
    }
    expect(body.startsWith(rest)).toBe(true);
  }

  /** Where the end of the connection would be the end of the body, only a reset says that there was more. */
  async #judgeReset(body: string): Promise<void> {
    const { stream } = this.#guest.client;
    expect((await stream.exactly(body.length)).toString('latin1')).toBe(body);
    this.#upstream!.socket.write(this.#case.later!, 'latin1');
    expect(await stream.some()).toBeUndefined();
    expect(stream.ending).toBe('reset');
  }

  async #judgeUpstream(): Promise<void> {
    const upstream = this.#upstream!;
    const { gets, spent, says } = this.#case;
    const seen = this.#guest.visit.requests.filter(({ line }) => !line.includes('/after'));
    // A connection that ended before a byte of an answer may have been stale: GET is sent once more.
    expect(seen.length).toBeLessThanOrEqual(says === '' ? 2 : 1);
    if (gets !== undefined && !spent) return expect(upstream.ended).toBe(false);
    await waitUntil('the upstream connection is given up', () => upstream.ended);
    expect(upstream.requests).toBe(this.#requestsThen);
  }
}

/** `200 OK`, without the version. */
const startOf = (raw: string): string => raw.slice('HTTP/1.1 '.length, raw.indexOf('\r\n'));
