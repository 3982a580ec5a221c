import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { documents, route } from '../support/manifests.ts';
import { http, type Origin, type Reply, startOrigin } from '../support/origin.ts';
import { type Answer, ask, get, type RawClient } from '../support/raw-client.ts';
import { type Scene, type Stage, startStage } from '../support/stage.ts';
import { waitUntil } from '../support/wait-until.ts';

const LIMIT = 2;
const QUEUE_LIMIT = 3;
const QUEUE_MS = 1500;
const MAX_AGE_MS = 500;

let stage: Stage;
beforeAll(async () => {
  const limits = {
    'upstream-connection-limit': LIMIT,
    'upstream-queue-limit': QUEUE_LIMIT,
    'upstream-queue-ms': QUEUE_MS,
  };
  const args = Object.entries(limits).flatMap(([name, value]) => [`--${name}`, String(value)]);
  stage = await startStage(20, { args, shards: 1 });
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

const metric = async (name: string): Promise<number> => (await stage.komainu.metrics()).get(name) as number;

const waiting = (count: number): Promise<true> =>
  stage.komainu.until(`${count} requests wait`, async () => (await metric('komainu_upstream_waiting')) === count);

/** An origin whose answers are given by hand, in the order in which the requests came. */
class Desk {
  readonly scene: Scene;
  readonly asked: string[] = [];
  readonly #open: { target: string; reply: Reply }[] = [];

  constructor() {
    this.scene = stage.take(
      http((request, reply) => {
        this.asked.push(request.target);
        this.#open.push({ target: request.target, reply });
      }),
    );
  }

  get origin(): Origin {
    return this.scene.origin;
  }

  /** Asks for `/name` on a connection of its own. */
  ask(name: string): Promise<Answer> {
    return this.scene.get(`/${name}`);
  }

  async arrived(count: number): Promise<void> {
    await waitUntil(`${count} requests have arrived`, () => this.asked.length >= count, { state: () => this.asked });
  }

  /** Answers the oldest that is open. */
  answer(): void {
    const { target, reply } = this.#open.shift()!;
    reply.send(200, target);
  }

  /** Both connections are busy and these wait, in this order. */
  async fill(names: readonly string[]): Promise<{ busy: Promise<Answer>[]; waits: Promise<Answer>[] }> {
    const busy = [this.ask('a'), this.ask('b')];
    await this.arrived(LIMIT);
    const waits: Promise<Answer>[] = [];
    for (const name of names) {
      waits.push(this.ask(name));
      await waiting(waits.length);
    }
    return { busy, waits };
  }
}

test('requests beyond the limit of connections wait, and are served in the order in which they came', async () => {
  const desk = new Desk();
  const { busy, waits } = await desk.fill(['1', '2', '3']);
  expect(desk.origin.connections).toHaveLength(LIMIT);
  for (let i = 0; i < 5; i++) {
    await desk.arrived(Math.min(i + LIMIT, 5));
    desk.answer();
  }
  const texts = (await Promise.all([...busy, ...waits])).map(({ text }) => text);
  expect(texts.toSorted()).toEqual(['/1', '/2', '/3', '/a', '/b']);
  expect(desk.asked.slice(LIMIT)).toEqual(['/1', '/2', '/3']);
  expect(desk.origin.connections).toHaveLength(LIMIT);
  expect(await metric('komainu_upstream_waiting')).toBe(0);
});

test('more than may wait: 503 with Retry-After, at once', async () => {
  const desk = new Desk();
  const { busy, waits } = await desk.fill(['1', '2', '3']);
  const before = await metric('komainu_failures_total{failure="upstream-busy",side="proxy"}');
  const answer = await desk.ask('too-many');
  expect(answer.status).toBe(503);
  expect(answer.header('Retry-After')).toMatch(/^\d+$/);
  expect(await metric('komainu_failures_total{failure="upstream-busy",side="proxy"}')).toBe(before + 1);
  for (let i = 0; i < 5; i++) {
    await desk.arrived(Math.min(i + LIMIT, 5));
    desk.answer();
  }
  await Promise.all([...busy, ...waits]);
  expect(desk.asked).not.toContain('/too-many');
});

test('where no more may wait, another endpoint gets the request', async () => {
  const desk = new Desk();
  await using other = await startOrigin(http((_, reply) => reply.send(200, 'other')));
  await stage.komainu.write('full.yaml', route('full.test', [desk.origin.port, other.port]));
  await stage.komainu.routed('full.test');
  const { busy, waits } = await desk.fill(['1', '2', '3']);
  for (let i = 0; i < 6; i++) expect((await get(stage.komainu.port(), 'full.test')).text).toBe('other');
  for (let i = 0; i < 5; i++) {
    await desk.arrived(Math.min(i + LIMIT, 5));
    desk.answer();
  }
  await Promise.all([...busy, ...waits]);
  expect(desk.asked).toHaveLength(5);
});

test('who waits too long is told so, and is never sent', async () => {
  const desk = new Desk();
  const { busy, waits } = await desk.fill(['1', '2']);
  const began = performance.now();
  expect((await Promise.all(waits)).map(({ status }) => status)).toEqual([503, 503]);
  expect(performance.now() - began).toBeLessThan(QUEUE_MS + 5000);
  expect(await metric('komainu_upstream_waiting')).toBe(0);
  for (let i = 0; i < LIMIT; i++) desk.answer();
  await Promise.all(busy);
  expect(desk.asked).toHaveLength(LIMIT);
});

test('a client that goes away leaves the queue, and those behind it move up', async () => {
  const desk = new Desk();
  const { busy } = await desk.fill([]);
  const leaver = await desk.scene.connect();
  leaver.say(['GET /leaver HTTP/1.1', `Host: ${desk.scene.host}`]);
  await waiting(1);
  const next = desk.ask('next');
  await waiting(2);
  leaver.reset();
  await waiting(1);
  desk.answer();
  await desk.arrived(3);
  desk.answer();
  desk.answer();
  expect((await next).text).toBe('/next');
  await Promise.all(busy);
  expect(desk.asked).not.toContain('/leaver');
});

test('a connection that becomes free goes to who waits, not to the next request of the client that used it', async () => {
  const desk = new Desk();
  using first = await desk.scene.connect();
  const { host } = desk.scene;
  first.say(['GET /first HTTP/1.1', `Host: ${host}`]);
  await desk.arrived(1);
  const other = desk.ask('other');
  await desk.arrived(2);
  const waits = desk.ask('waits');
  await waiting(1);
  first.say(['GET /again HTTP/1.1', `Host: ${host}`]); // read when the first is answered
  desk.answer();
  await desk.arrived(3);
  expect(desk.asked[2]).toBe('/waits');
  expect((await first.answer()).text).toBe('/first');
  await waiting(1);
  desk.answer();
  await desk.arrived(4);
  desk.answer();
  desk.answer();
  expect((await first.answer()).text).toBe('/again');
  expect((await waits).text).toBe('/waits');
  await other;
});

test('the body of a request that waits is left with its client', async () => {
  const desk = new Desk();
  const { busy } = await desk.fill([]);
  using client = await desk.scene.connect();
  const before = await metric('komainu_received_bytes_total');
  const body = Buffer.alloc(4 * 1024 * 1024, 'x');
  client.say(['POST /upload HTTP/1.1', `Host: ${desk.scene.host}`, `Content-Length: ${body.length}`], body);
  await waiting(1);
  expect((await metric('komainu_received_bytes_total')) - before).toBeLessThan(200 * 1024);
  desk.answer();
  await desk.arrived(3);
  desk.answer();
  desk.answer();
  expect((await client.answer('POST')).text).toBe('/upload');
  await Promise.all(busy);
  expect(desk.origin.requests[2].body?.bytes.equals(body)).toBe(true);
});

test('when the endpoint is gone, those who wait are told so and do not hang', async () => {
  const desk = new Desk();
  const { busy, waits } = await desk.fill(['1', '2', '3']);
  await desk.origin.close();
  const statuses = (await Promise.all([...busy, ...waits])).map(({ status }) => status);
  expect(statuses).toEqual([502, 502, 502, 502, 502]);
  expect(await metric('komainu_upstream_waiting')).toBe(0);
});

describe('when the endpoint leaves the folder', () => {
  const HOST = 'moving.test';
  let old: Origin;
  let answers: (() => void)[];
  let requests: Promise<Answer>[];

  const list = (...ports: readonly number[]): Promise<void> => stage.komainu.write('moving.yaml', route(HOST, ports));
  const ask = (): Promise<Answer> => get(stage.komainu.port(), HOST);

  beforeEach(async () => {
    answers = [];
    old = await startOrigin(http((_, reply) => void answers.push(() => reply.send(200, 'old'))));
    await list(old.port);
    await stage.komainu.routed(HOST);
    requests = Array.from({ length: LIMIT + 2 }, ask);
    await waitUntil('the limit is reached', () => answers.length === LIMIT);
    await waiting(2);
  });
  afterEach(async () => {
    await old.close();
    await stage.komainu.remove('moving.yaml');
    await stage.komainu.routed(HOST, false);
  });

  const texts = async (): Promise<string[]> => (await Promise.all(requests)).map(({ text }) => text.split(' ')[0]);

  test('those who wait go to the others', async () => {
    await using other = await startOrigin(http((_, reply) => reply.send(200, 'other')));
    await list(other.port);
    await waiting(0);
    for (const answer of answers) answer();
    expect((await texts()).toSorted()).toEqual(['old', 'old', 'other', 'other']);
    expect(answers).toHaveLength(LIMIT);
  });

  test('and there is no other, those who wait are told so at once', async () => {
    await list();
    await waiting(0);
    for (const answer of answers) answer();
    expect((await texts()).toSorted()).toEqual(['503', '503', 'old', 'old']);
    expect(answers).toHaveLength(LIMIT);
  });

  test('and their route with it, those who wait are served nevertheless', async () => {
    await stage.komainu.write('moving.yaml', documents());
    await stage.komainu.routed(HOST, false);
    for (let i = 0; i < LIMIT + 2; i++) {
      await waitUntil('a request has come', () => answers.length > i);
      (answers[i] as () => void)();
    }
    expect(await texts()).toEqual(['old', 'old', 'old', 'old']);
  });
});

test('upgraded connections are not counted', async () => {
  const scene = stage.take(
    http((request, reply) => {
      if (request.header('Upgrade') === undefined) return reply.send(200, 'plain');
      reply.raw('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n');
      return new Promise<never>(() => {});
    }),
  );
  const tunnels: RawClient[] = [];
  for (let i = 0; i < 2 * LIMIT; i++) {
    const client = await scene.connect();
    tunnels.push(client);
    client.say(['GET / HTTP/1.1', `Host: ${scene.host}`, 'Connection: upgrade', 'Upgrade: echo']);
    expect((await client.head()).status).toBe(101);
  }
  expect((await scene.get()).text).toBe('plain');
  for (const client of tunnels) client[Symbol.dispose]();
});

test('a request that waits is served when a connection turns into a tunnel', async () => {
  const upgrades: Reply[] = [];
  const scene = stage.take(
    http((request, reply) => {
      if (request.header('Upgrade') === undefined) return reply.send(200, 'plain');
      upgrades.push(reply);
      return new Promise<never>(() => {});
    }),
  );
  const tunnels: RawClient[] = [];
  for (let i = 0; i < LIMIT; i++) {
    const client = await scene.connect();
    tunnels.push(client);
    client.say(['GET / HTTP/1.1', `Host: ${scene.host}`, 'Connection: upgrade', 'Upgrade: echo']);
  }
  await waitUntil('both have arrived', () => upgrades.length === LIMIT);
  const plain = scene.get();
  await waiting(1);
  upgrades[0].raw('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n');
  expect((await plain).text).toBe('plain');
  for (const client of tunnels) client[Symbol.dispose]();
});

test('a connection is not used again when it is old', async () => {
  await using stage = await startStage(1, { args: ['--upstream-max-age-ms', String(MAX_AGE_MS)], shards: 1 });
  const scene = stage.take();
  using client = await scene.connect();
  const began = performance.now();
  await waitUntil('a second connection', async () => {
    await client.ask(['GET / HTTP/1.1', `Host: ${scene.host}`]);
    return scene.origin.connections.length === 2;
  });
  expect(performance.now() - began).toBeGreaterThan(MAX_AGE_MS - 200); // the clock is as old as the last sweep
  expect(scene.origin.requests.length).toBeGreaterThan(3);
});

test('idle connections make room for the new one of a second attempt', async () => {
  const scene = stage.take();
  const dead = await freePort();
  await stage.komainu.write('half.yaml', route('half.test', [scene.origin.port, dead]));
  await stage.komainu.routed('half.test');
  const get = () => ask(scene.port, ['GET / HTTP/1.1', 'Host: half.test']);
  await stage.komainu.until('a second attempt has found the limit reached', async () => {
    const { openConnections } = scene.origin;
    const before = await metric('komainu_retries_total');
    const answers = await Promise.all(Array.from({ length: LIMIT }, get));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    return openConnections === LIMIT && (await metric('komainu_retries_total')) > before;
  });
  await waitUntil('the limit holds', () => scene.origin.openConnections <= LIMIT);
});

test('the beginning of a body that waits is held as one piece, whatever chunks it came in', async () => {
  const sizes: string[] = [];
  let busy = 0;
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const scene = stage.take(
    http(
      async (request, reply) => {
        if (request.method === 'GET') {
          busy++;
          await opened;
        } else {
          for (let size = ''; size !== '0'; await reply.stream.exactly(Number.parseInt(size, 16) + 2)) {
            size = await reply.stream.line();
            sizes.push(size);
          }
        }
        reply.send(200, 'said');
      },
      { streaming: true },
    ),
  );
  const gets = [scene.get(), scene.get()];
  await waitUntil('both connections are busy', () => busy === LIMIT);
  const posted = scene.ask(['POST / HTTP/1.1', 'Transfer-Encoding: chunked'], `${'1\r\nx\r\n'.repeat(1000)}0\r\n\r\n`);
  await waiting(1);
  open();
  expect((await posted).status).toBe(200);
  await Promise.all(gets);
  expect(sizes).toEqual(['3e8', '0']);
});

test('a connection that the endpoint keeps for a second at most is not used again', async () => {
  const scene = stage.take(http((_, reply) => reply.send(200, 'brief', [['Keep-Alive', 'timeout=1']])));
  for (let k = 0; k < 3; k++) expect(await scene.get()).toMatchObject({ status: 200 });
  expect(scene.origin.connections).toHaveLength(3);
});
