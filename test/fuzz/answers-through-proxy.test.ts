import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { Dice } from '../../src/base/dice.ts';
import { documents, ingress, service } from '../support/manifests.ts';
import { type Answer, RawClient } from '../support/raw-client.ts';
import { type Komainu, startKomainu } from '../support/start-komainu.ts';
import { oneOf, seededDice, validAnswer } from '../unit/data/http1/head-corpus.ts';
import { plainAnswer } from '../unit/data/http1/plain-judges.ts';
import type { JudgedAnswer } from '../unit/data/http1/reading-heads.ts';
import { fuzzSeed as seed } from './fuzzing.ts';
import { wounded } from './mutate-lines.ts';

const answers = Number(process.env.KOMAINU_FUZZ_ANSWERS ?? 10_000);

const LIMIT_MS = 240_000;
const CONNECTIONS = 16;
const BODY_LIMIT_BYTES = 100_000;
const INFORMATIONAL_LIMIT = 8;

/** What the endpoint sends for one request, and what the client must make of it. */
interface Plan {
  readonly id: string;
  readonly method: 'GET' | 'HEAD';
  readonly wire: string;
  /** Where it is cut in two writes; 0: not at all. */
  readonly cut: number;
  /** The endpoint closes behind it. */
  readonly ends: boolean;
  readonly informational: readonly number[];
  /** Undefined: it is no answer, and the client gets ours. */
  readonly final: { readonly judged: JudgedAnswer; readonly body: string } | undefined;
}

/** A header line of our own behind the status line, where there is one. */
const marked = (text: string, id: string) => text.replace(/^.*?\r\n/s, (line) => `${line}X-Fuzz-Id: ${id}\r\n`);

const lastAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';

function bodyOf(judged: JudgedAnswer, dice: Dice): { wire: string; body: string } {
  if (judged.framing === 'length')
    return { wire: 'b'.repeat(judged.contentLength!), body: 'b'.repeat(judged.contentLength!) };
  const pieces = Array.from({ length: dice.below(4) }, () => lastAnswer.repeat(1 + dice.below(3)));
  const body = pieces.join('');
  if (judged.framing === 'until-close') return { wire: body, body };
  if (judged.framing === 'none') return { wire: '', body: '' };
  const chunks = pieces.map((piece) => `${piece.length.toString(16)}${oneOf(dice, ['', ';a="b"'])}\r\n${piece}\r\n`);
  return { wire: `${chunks.join('')}0\r\n${oneOf(dice, ['', 'X-Sum: 1\r\n'])}\r\n`, body };
}

function planOf(text: string, id: string, dice: Dice): Plan {
  const method = dice.below(8) === 0 ? 'HEAD' : 'GET';
  const informational: number[] = [];
  let wire = '';
  let left = text;
  const plan = (ends: boolean, final: Plan['final']): Plan => {
    wire += left;
    const cut = wire === '' || dice.below(4) > 0 ? 0 : dice.below(wire.length);
    return { id, method, wire, cut, ends, informational: informational.filter((s) => s === 100 || s === 103), final };
  };
  for (;;) {
    if (left === '') left = lastAnswer;
    left = marked(left, id);
    const judged = plainAnswer(left, method === 'HEAD');
    const tooLong = (judged?.contentLength ?? 0) > BODY_LIMIT_BYTES;
    if (judged === undefined || judged.status === 101 || tooLong || informational.length > INFORMATIONAL_LIMIT)
      return tooLong ? planOf(lastAnswer, id, dice) : plan(true, undefined);
    const head = left.slice(0, judged.size);
    if (judged.status! >= 200) {
      const { wire: bytes, body } = bodyOf(judged, dice);
      left = head + bytes;
      return plan(judged.framing === 'until-close', { judged, body });
    }
    informational.push(judged.status!);
    wire += head;
    left = left.slice(judged.size);
  }
}

/** Sends what its plans say, and nothing else. */
class Endpoint {
  readonly plans = new Map<string, Plan>();
  readonly server: Server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#serve(socket));
  readonly #sockets = new Set<Socket>();

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
  }

  #serve(socket: Socket): void {
    let held = '';
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (bytes) => {
      held += bytes.toString('latin1');
      if (!held.endsWith('\r\n\r\n')) return;
      const plan = this.plans.get(/^x-fuzz-id: (.*)\r$/im.exec(held)?.[1] ?? '');
      held = '';
      if (plan === undefined) socket.destroy();
      else void send(socket, plan);
    });
  }
}

async function send(socket: Socket, { wire, cut, ends }: Plan): Promise<void> {
  if (cut > 0) {
    socket.write(wire.slice(0, cut), 'latin1');
    await new Promise(setImmediate);
  }
  if (socket.destroyed) return;
  socket.write(wire.slice(cut), 'latin1');
  if (ends) socket.end();
}

const ours = /^(connection|transfer-encoding):/i;

/** The lines of the head without what belongs to the connection, and without a Date that the endpoint did not send. */
function linesOf({ raw }: Answer, judged: JudgedAnswer): string[] {
  const lines = raw.split('\r\n').slice(1, -2);
  const isDated = judged.lines!.slice(1).some((line) => /^date:/i.test(line));
  return lines.filter((line) => !ours.test(line) && (isDated || !/^date:/i.test(line)));
}

function judge(plan: Plan, answer: Answer): void {
  assert.deepEqual(answer.informational, plan.informational, 'informational answers are passed on');
  if (plan.final === undefined) {
    assert.equal(answer.status, 502);
    assert.equal(answer.header('X-Fuzz-Id'), undefined);
    return;
  }
  const { judged, body } = plan.final;
  const [status = '', ...lines] = judged.lines!;
  assert.equal(answer.raw.split('\r\n')[0], `HTTP/1.1 ${status.length === 3 ? `${status} ` : status}`);
  assert.deepEqual(linesOf(answer, judged), lines, 'header lines are passed on');
  assert.equal(answer.bytes.toString('latin1'), body, 'the body is passed on');
}

async function startProxy(endpoint: Endpoint): Promise<Komainu> {
  endpoint.server.listen(0, '127.0.0.1');
  await once(endpoint.server, 'listening');
  const defaultBackend = { service: { name: 'all', port: { number: 80 } } };
  const all = documents(ingress('all', [{ service: 'all' }], { defaultBackend }), service('all', [endpoint.port]));
  const args = ['--head-limit-bytes', '16384', '--eject-after-failures', '0', '--retry-budget-percent', '100'];
  return startKomainu({ manifests: { 'all.yaml': all }, args });
}

test(`${answers} mutated answers through the proxy: the client gets what was accepted, as it was judged, or a 502`, {
  timeout: LIMIT_MS,
}, async () => {
  const endpoint = new Endpoint();
  await using komainu = await startProxy(endpoint);
  const dice = seededDice(seed);
  const count = { passed: 0, refused: 0 };
  let next = 0;
  let failed = false;

  const worker = async () => {
    let client: RawClient | undefined;
    while (next < answers && !failed) {
      const id = String(next++);
      const text = wounded(dice, validAnswer(dice), validAnswer(dice));
      const plan = planOf(text, id, dice);
      endpoint.plans.set(id, plan);
      try {
        client ??= await RawClient.connect(komainu.port());
        const answer = await client.ask([`${plan.method} / HTTP/1.1`, 'Host: a.test', `X-Fuzz-Id: ${id}`]);
        judge(plan, answer);
        count[plan.final === undefined ? 'refused' : 'passed']++;
        endpoint.plans.delete(id);
        if (!/close/i.test(answer.header('Connection') ?? '')) continue;
        client.socket.destroy();
        client = undefined;
      } catch (cause) {
        failed = true;
        throw new Error(`KOMAINU_FUZZ_SEED=${seed}, answer ${id}: ${JSON.stringify(plan)}\n${komainu.story()}`, {
          cause,
        });
      }
    }
    client?.socket.destroy();
  };

  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
    console.log(`fuzz answers through the proxy: KOMAINU_FUZZ_SEED=${seed}, ${JSON.stringify(count)}`);
    for (const { restarts } of await komainu.shards()) expect(restarts).toBe(0);
    for (const kind of Object.values(count)) assert.ok(kind > answers / 10, JSON.stringify(count));
  } finally {
    endpoint.end();
  }
});
