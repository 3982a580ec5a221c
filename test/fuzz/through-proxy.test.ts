import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import type { Dice } from '../../src/base/dice.ts';
import { documents, ingress, service } from '../support/manifests.ts';
import { type Komainu, startKomainu } from '../support/start-komainu.ts';
import { oneOf, seededDice, validRequest } from '../unit/data/http1/head-corpus.ts';
import { plainRequest } from '../unit/data/http1/plain-judges.ts';
import { type JudgedRequest, judgeRequest } from '../unit/data/http1/reading-heads.ts';
import { fuzzSeed as seed } from './fuzzing.ts';
import { wounded } from './mutate-lines.ts';

const requests = Number(process.env.KOMAINU_FUZZ_REQUESTS ?? 100_000);

const LIMIT_MS = 300_000;
const QUIET_LIMIT_MS = 10_000;
const CONNECTIONS = 32;
const BODY_LIMIT_BYTES = 100_000;

/** What the backend must see of one accepted request. */
interface Awaited {
  readonly id: string;
  readonly judged: JudgedRequest;
  readonly body: string;
}

/** One text as it is sent: the requests that the judge accepts, then what becomes of the rest. */
interface Plan {
  readonly wire: string;
  /** Where it is cut in two writes; 0: not at all. */
  readonly cut: number;
  readonly accepted: readonly Awaited[];
  /** `clean`: nothing is left; `closes`: the last request asked for it, and nothing behind it is read. */
  readonly rest: 'clean' | 'closes' | 'refused' | 'incomplete';
}

/** A header line of our own behind the request line, where there is one. */
const marked = (text: string, id: string) =>
  text.replace(/^(?:\r\n)?.*?\r\n/s, (line) => `${line}X-Fuzz-Id: ${id}\r\n`);

function planOf(text: string, k: number, dice: Dice): Plan {
  const accepted: Awaited[] = [];
  let wire = '';
  let left = text;
  const cutAt = dice.below(4) === 0 ? dice.below(2 ** 30) : 0;
  const plan = (rest: Plan['rest']) => {
    wire += left;
    return { wire, cut: wire === '' ? 0 : cutAt % wire.length, accepted, rest };
  };
  while (left !== '') {
    const id = `${k}.${accepted.length}`;
    left = marked(left, id);
    const { outcome } = judgeRequest(left);
    const judged = plainRequest(left);
    assert.equal(outcome === 'accepted', judged !== undefined, 'the judges agree');
    if (judged === undefined) return plan(outcome as 'refused' | 'incomplete');
    if (judged.contentLength! > BODY_LIMIT_BYTES) return plan('refused');
    wire += left.slice(0, judged.size);
    left = left.slice(judged.size);
    let body = '';
    if (judged.body === 'length') {
      const length = judged.contentLength!;
      body = left.slice(0, length).padEnd(length, 'b');
      left = left.slice(length);
      wire += body;
    } else if (judged.body === 'chunked') {
      const chunks = Array.from({ length: dice.below(4) }, () => 'GET / HTTP/1.1\r\n\r\n'.repeat(1 + dice.below(3)));
      body = chunks.join('');
      wire += chunks
        .map((chunk) => `${chunk.length.toString(16)}${oneOf(dice, ['', ';a="b"'])}\r\n${chunk}\r\n`)
        .join('');
      wire += `0\r\n${oneOf(dice, ['', 'X-Sum: 1\r\n'])}\r\n`;
    }
    accepted.push({ id, judged, body });
    if (!judged.keepAlive) return plan('closes');
  }
  return plan('clean');
}

interface SeenRequest {
  readonly start: string;
  readonly lines: readonly string[];
  readonly body: string;
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const startLine = new RegExp(`^${token} [!-~]+ HTTP/1\\.1$`);
const headerLine = new RegExp(`^${token}:[\\t\\x20-\\x7e\\x80-\\xff]*$`);
const own =
  /^(host|connection|te|upgrade|transfer-encoding|x-real-ip|x-forwarded-(?:for|proto|port|host)):|^Via: 1\.[01] komainu-/i;
/** The name that the proxy takes in Via is another one in every process. */
const withoutName = (line: string) => line.replace(/ komainu-[0-9a-f]{8}$/, ' komainu');

const valuesOf = (lines: readonly string[], name: string) =>
  lines.filter((line) => line.toLowerCase().startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trim());

/** Answers what is well formed and awaited; everything else is a fault. */
class Backend {
  readonly awaited = new Map<string, Awaited>();
  readonly faults: string[] = [];
  seen = 0;
  readonly server: Server;
  readonly #sockets = new Set<Socket>();
  #proxyPort = 0;

  constructor() {
    this.server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  set proxyPort(port: number) {
    this.#proxyPort = port;
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let held = '';
    let headSeen = false;
    socket.on('data', (bytes) => {
      held += bytes.toString('latin1');
      try {
        for (;;) {
          const headEnd = held.indexOf('\r\n\r\n');
          if (headEnd < 0) return;
          const [start, ...lines] = held.slice(0, headEnd).split('\r\n') as [string, ...string[]];
          if (!headSeen && valuesOf(lines, 'expect').length > 0) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
          headSeen = true;
          const read = readBody(held, headEnd + 4, lines);
          if (read === undefined) return;
          assert.match(start, startLine);
          for (const line of lines) assert.match(line, headerLine);
          held = held.slice(read.end);
          headSeen = false;
          const id = this.#judge({ start, lines, body: read.body });
          socket.write(`HTTP/1.1 200 OK\r\nX-Fuzz-Id: ${id}\r\nContent-Length: 0\r\n\r\n`);
        }
      } catch (error) {
        this.faults.push(`${(error as Error).message}\nThe backend holds ${JSON.stringify(held)}`);
        socket.destroy();
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (held !== '') this.faults.push(`the backend was left with ${JSON.stringify(held)}`);
    });
  }

  /** The id of the request; throws when it is not as it was judged. */
  #judge(request: SeenRequest): string {
    this.seen++;
    const ids = valuesOf(request.lines, 'x-fuzz-id');
    const awaited = this.awaited.get(ids[0] ?? '');
    const said = `the backend saw ${JSON.stringify(request)}`;
    if (ids.length !== 1 || awaited === undefined) throw new Error(`nobody awaits this: ${said}`);
    this.awaited.delete(awaited.id);
    const { judged } = awaited;
    const host = judged.authority || `127.0.0.1:${this.port}`;
    const lines = [
      `Host: ${host}`,
      'X-Forwarded-For: 127.0.0.1',
      'X-Forwarded-Proto: http',
      `X-Forwarded-Port: ${this.#proxyPort}`,
      'X-Real-IP: 127.0.0.1',
      `Via: ${judged.version === 10 ? '1.0' : '1.1'} komainu`,
      ...(judged.authority === '' ? [] : [`X-Forwarded-Host: ${host}`]),
      ...(judged.body === 'chunked' ? ['Transfer-Encoding: chunked'] : []),
      ...(judged.upgrade === undefined ? [] : ['Connection: upgrade', `Upgrade: ${judged.upgrade}`]),
      ...(judged.upgrade === undefined && judged.trailersAccepted ? ['TE: trailers', 'Connection: TE'] : []),
    ];
    assert.equal(request.start, `${judged.method} ${judged.target} HTTP/1.1`, said);
    const seen = request.lines.filter((line) => own.test(line)).map(withoutName);
    assert.deepEqual(seen.sort(), lines.sort(), said);
    assert.deepEqual(
      request.lines.filter((line) => !own.test(line)),
      judged.lines,
      said,
    );
    assert.equal(request.body, awaited.body, said);
    return awaited.id;
  }
}

/** Strict; undefined: there is not enough yet. */
function readBody(text: string, from: number, lines: readonly string[]): { body: string; end: number } | undefined {
  const lengths = valuesOf(lines, 'content-length');
  const codings = valuesOf(lines, 'transfer-encoding');
  assert.ok(lengths.length + codings.length <= 1, 'one framing');
  if (codings.length > 0) {
    assert.equal(codings[0], 'chunked');
    return readChunks(text, from);
  }
  assert.match(lengths[0] ?? '0', /^[0-9]+$/);
  const end = from + Number(lengths[0] ?? 0);
  return text.length < end ? undefined : { body: text.slice(from, end), end };
}

function readChunks(text: string, from: number): { body: string; end: number } | undefined {
  let body = '';
  for (let at = from; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const line = text.slice(at, lineEnd);
    assert.match(line, /^[0-9A-Fa-f]+(;[\t\x20-\x7e]*)?$/);
    const size = Number.parseInt(line, 16);
    const dataEnd = lineEnd + 2 + size;
    if (size === 0) {
      const end = text.indexOf('\r\n\r\n', lineEnd);
      if (end < 0) return undefined;
      const trailers = text
        .slice(lineEnd + 2, end + 2)
        .split('\r\n')
        .slice(0, -1);
      for (const trailer of trailers) assert.match(trailer, headerLine);
      return { body, end: end + 4 };
    }
    if (text.length < dataEnd + 2) return undefined;
    body += text.slice(lineEnd + 2, dataEnd);
    assert.equal(text.slice(dataEnd, dataEnd + 2), '\r\n');
    at = dataEnd + 2;
  }
}

interface SeenAnswer {
  readonly status: number;
  readonly id: string | undefined;
  readonly closes: boolean;
}

/** A connection to the proxy. */
class Client {
  closed = false;
  readonly #socket: Socket;
  #held = '';
  #quiet = false;
  #wake = () => {};

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.setTimeout(QUIET_LIMIT_MS);
    this.#socket.on('timeout', () => {
      this.#quiet = true;
      this.#wake();
    });
    this.#socket.on('data', (bytes) => {
      this.#held += bytes.toString('latin1');
      this.#wake();
    });
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  async write(text: string, cut: number): Promise<void> {
    this.#socket.write(text.slice(0, cut), 'latin1');
    if (cut > 0) await new Promise(setImmediate);
    if (!this.#socket.destroyed) this.#socket.write(text.slice(cut), 'latin1');
  }

  /** The next final answer; undefined when the connection was closed. */
  async answer(): Promise<SeenAnswer | undefined> {
    for (;;) {
      const found = /^HTTP\/1\.1 ([0-9]{3})[^\r]*\r\n((?:[^\r]+\r\n)*)\r\n/.exec(this.#held);
      const length = Number(/^content-length: ([0-9]+)\r$/im.exec(found?.[2] ?? '')?.[1] ?? 0);
      if (found === null || this.#held.length < found[0].length + length) {
        if (await this.#more()) continue;
        if (found === null) return undefined; // else: a refused HEAD, whose answer has no body
      }
      this.#held = this.#held.slice(found[0].length + length);
      if (found[1]!.startsWith('1')) continue;
      const id = /^x-fuzz-id: (.*)\r$/im.exec(found[2]!)?.[1];
      return { status: Number(found[1]), id, closes: /^connection: .*close/im.test(found[2]!) };
    }
  }

  /** Half-closes and waits for the proxy to close. */
  async end(): Promise<void> {
    this.#socket.end();
    while (await this.#more()) {}
  }

  /** What came and was not asked for. */
  get held(): string {
    return this.#held;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #more(): Promise<boolean> {
    if (this.closed) return false;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    if (this.#quiet)
      throw new Error(`the proxy was silent for ${QUIET_LIMIT_MS} ms; held ${JSON.stringify(this.#held)}`);
    return true;
  }
}

/** True when the connection may carry the next plan. */
async function carryOut(plan: Plan, client: Client, backend: Backend): Promise<boolean> {
  for (const one of plan.accepted) backend.awaited.set(one.id, one);
  await client.write(plan.wire, plan.cut);
  let open = true;
  for (const { id } of plan.accepted) {
    const answer = await client.answer();
    assert.deepEqual({ id: answer?.id, status: answer?.status }, { id, status: 200 }, 'it is answered by the backend');
    open = answer?.closes === false;
  }
  // A head is read again only when a line has ended; without one the refusal comes when the client leaves.
  const read = plan.wire.includes('\n', plan.cut);
  if (plan.rest === 'refused' && open && read) {
    const answer = await client.answer();
    assert.ok(answer === undefined || answer.status >= 400, `a refused request was answered ${answer?.status}`);
  }
  const reusable = plan.rest === 'clean' && open;
  if (!reusable) await client.end();
  // The proxy may say, to who leaves amid a head, that it was no request.
  if (plan.rest === 'incomplete' || !read) assert.match(client.held, /^(HTTP\/1\.1 [45]|$)/);
  else assert.equal(client.held, '', 'nothing more was answered');
  return reusable;
}

async function startProxy(backend: Backend): Promise<Komainu> {
  backend.server.listen(0, '127.0.0.1');
  await once(backend.server, 'listening');
  const defaultBackend = { service: { name: 'all', port: { number: 80 } } };
  const all = documents(ingress('all', [{ service: 'all' }], { defaultBackend }), service('all', [backend.port]));
  const komainu = await startKomainu({
    manifests: { 'all.yaml': all },
    args: ['--body-limit-bytes', String(BODY_LIMIT_BYTES)],
  });
  backend.proxyPort = komainu.port();
  return komainu;
}

test(`${requests} mutated requests through the proxy: the backend sees what was accepted, as it was judged, and nothing else`, {
  timeout: LIMIT_MS,
}, async () => {
  const backend = new Backend();
  await using komainu = await startProxy(backend);
  const dice = seededDice(seed);
  const clients = new Set<Client>();
  const count = { accepted: 0, clean: 0, closes: 0, refused: 0, incomplete: 0 };
  let next = 0;
  let failed = false;

  const worker = async () => {
    let client: Client | undefined;
    while (next < requests && !failed) {
      const k = next++;
      const text = wounded(dice, validRequest(dice), validRequest(dice));
      let plan: Plan | undefined;
      try {
        plan = planOf(text, k, dice);
        if (client === undefined || client.closed) {
          client = new Client(komainu.port());
          clients.add(client);
        }
        const reusable = await carryOut(plan, client, backend);
        assert.deepEqual(backend.faults, []);
        count.accepted += plan.accepted.length;
        count[plan.rest]++;
        if (reusable) continue;
        clients.delete(client);
        client = undefined;
      } catch (cause) {
        failed = true;
        const story = [...backend.faults, komainu.story()].join('\n');
        throw new Error(`KOMAINU_FUZZ_SEED=${seed}, text ${k}: ${JSON.stringify(plan ?? text)}\n${story}`, { cause });
      }
    }
  };

  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
    await new Promise((resolve) => setTimeout(resolve, 200)); // for what would come late
    const after = `KOMAINU_FUZZ_SEED=${seed}, after the last`;
    assert.deepEqual(backend.faults, [], after);
    assert.deepEqual([...backend.awaited.keys()], [], after);
    assert.equal(backend.seen, count.accepted, after);
    for (const { restarts } of await komainu.shards()) expect(restarts).toBe(0);
    for (const kind of [count.accepted, count.refused]) assert.ok(kind > requests / 10, JSON.stringify(count));
    console.log(`fuzz requests through the proxy: KOMAINU_FUZZ_SEED=${seed}, ${JSON.stringify(count)}`);
  } finally {
    for (const client of clients) client.destroy();
    backend.end();
  }
});
