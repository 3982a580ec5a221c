import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { documents, ingress, service } from '../support/manifests.ts';
import { canned, http, type Origin, type Reply, type Serve, startOrigin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { type Komainu, startKomainu } from '../support/start-komainu.ts';

const CLIENTS = 8;
const HOSTS = 256;
/** `ejectAfterFailures` */
const IN_A_ROW = 5;

const well = http((_, reply) => reply.send(200, 'well'));
const broken = http((_, reply) => reply.send(503, 'broken'));
const resetting: Serve = async ({ socket }) => void socket.resetAndDestroy();
const silent: Serve = async ({ stream }) => {
  while ((await stream.head()) !== undefined) {
    // reads on and says nothing
  }
};

let origins: Origin[];
let komainu: Komainu;

beforeEach(async () => {
  origins = [];
  while (origins.length < 4) origins.push(await startOrigin(well));
});
afterEach(async () => {
  await komainu[Symbol.asyncDispose]();
  for (const origin of origins) await origin.close();
});

/** Every host has a Service of its own; all Services name the same endpoints. */
async function start(hosts = HOSTS, { answerMs = 2000, inARow = IN_A_ROW } = {}): Promise<void> {
  const ports = origins.map((origin) => origin.port);
  const objects = Array.from({ length: hosts }, (_, i) => [
    ingress(`h${i}`, [{ host: `h${i}.test`, service: `h${i}` }]),
    service(`h${i}`, ports),
  ]);
  const args = ['--answer-timeout-ms', String(answerMs), '--eject-after-failures', String(inARow)];
  komainu = await startKomainu({ args, manifests: { 'all.yaml': documents(...objects.flat()) } });
}

/** GETs without end over connections that are kept, each for the next host. */
class Load {
  readonly statuses = new Map<number, number>();
  answered = 0;
  readonly #clients: Promise<void>[] = [];
  readonly #sockets: Socket[] = [];
  #turn = 0;
  #stopped = false;

  constructor(hosts = HOSTS, clients = CLIENTS) {
    while (this.#clients.length < clients) this.#clients.push(this.#run(hosts));
  }

  async #run(hosts: number): Promise<void> {
    using client = await RawClient.connect(komainu.port());
    this.#sockets.push(client.socket);
    while (!this.#stopped) {
      const { status } = await client.ask(['GET / HTTP/1.1', `Host: h${this.#turn++ % hosts}.test`]);
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      this.answered++;
    }
  }

  /** After a failed test: whatever still runs is cut off. */
  [Symbol.dispose](): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const client of this.#clients) client.catch(() => {});
    for (const socket of this.#sockets) socket.destroy();
  }

  get failed(): number {
    return this.answered - (this.statuses.get(200) ?? 0);
  }

  /** So many answers more. */
  async more(answers: number): Promise<void> {
    const goal = this.answered + answers;
    await komainu.until(`${answers} answers more`, () => this.answered >= goal, 50_000);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }
}

const ejections = async (): Promise<number> => (await komainu.metrics()).get('komainu_ejections_total') as number;

interface BackendView {
  readonly endpoints: readonly { readonly port: number; readonly available: boolean }[];
}

/** Ports that any of the backends calls unavailable. */
async function outPorts(): Promise<number[]> {
  const { backends } = await komainu.api<{ backends: readonly BackendView[] }>('backends');
  const out = backends.flatMap(({ endpoints }) => endpoints.filter(({ available }) => !available));
  return [...new Set(out.map(({ port }) => port))];
}

const requestsOf = (origin: Origin): number => origin.requests.length;

/** Milliseconds until the first of four origins has a quarter of the answers again. */
async function untilFullShare(load: Load): Promise<number> {
  const began = performance.now();
  for (;;) {
    const before = origins.map(requestsOf);
    const from = performance.now();
    await load.more(40);
    const shares = origins.map((origin, i) => requestsOf(origin) - before[i]);
    if (shares[0] >= 8) return from - began;
    if (from - began > 20_000) throw new Error(`no full share after 20 s: ${shares.join(' ')}`);
  }
}

interface Death {
  readonly way: string;
  readonly die: (origin: Origin) => Promise<void>;
  readonly revive: (origin: Origin) => Promise<void>;
  /** Requests that may fail before it is learned. */
  readonly atMost: number;
  /** Whether a probe that fails costs the request that was it. */
  readonly probesCost: boolean;
}

function speakAs(serve: Serve): (origin: Origin) => Promise<void> {
  return async (origin) => {
    origin.serve = serve;
    for (const { socket } of origin.connections) socket.resetAndDestroy();
  };
}

const deaths: readonly Death[] = [
  {
    way: 'nobody listens any more',
    die: (origin) => origin.close(),
    revive: async (origin) => {
      const fresh = await startOrigin(well, portOf.get(origin));
      origins[origins.indexOf(origin)] = fresh;
    },
    atMost: CLIENTS, // what is under way on new connections when it dies; a pooled one counts as stale
    probesCost: false,
  },
  {
    way: 'connections are reset as soon as they are accepted',
    die: speakAs(resetting),
    revive: speakAs(well),
    atMost: IN_A_ROW + CLIENTS,
    probesCost: true,
  },
  {
    way: 'it accepts and says nothing',
    die: speakAs(silent),
    revive: speakAs(well),
    atMost: IN_A_ROW + CLIENTS,
    probesCost: true,
  },
  { way: 'it answers 503', die: speakAs(broken), revive: speakAs(well), atMost: IN_A_ROW + CLIENTS, probesCost: true },
];

const portOf = new Map<Origin, number>();

test.each(deaths)('one of four endpoints dies: $way', async ({ way, die, revive, atMost, probesCost }) => {
  await start();
  const dead = origins[0];
  portOf.set(dead, dead.port);
  using load = new Load();
  await load.more(400);
  expect(load.failed).toBe(0);

  await die(dead);
  const times = await komainu.until(
    'it is tried again and again',
    async () => {
      const count = await ejections();
      return count >= 4 && count;
    },
    50_000,
  );
  expect(await outPorts()).toEqual([portOf.get(dead)]);
  await revive(dead);
  const shareMs = await untilFullShare(load);
  await load.stop();

  const total = await ejections();
  const probes = probesCost ? total - 1 : 0;
  const figures = { answered: load.answered, failed: load.failed, probes, times, shareMs: Math.round(shareMs) };
  console.log(`${way}:`, JSON.stringify(figures));
  // Each ejection after the first was one request that found the endpoint still dead.
  expect(load.failed - probes).toBeLessThanOrEqual(atMost);
  expect(shareMs).toBeLessThan(2000); // 800 ms, and what a loaded machine adds
  expect(await outPorts()).toEqual([]);
});

test('at most half of a backend is left out, however many fail', async () => {
  await start(1);
  for (const origin of origins) origin.serve = canned('HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n');
  using load = new Load(1, 4);
  await load.more(500);
  expect((await outPorts()).length).toBe(2);
  const before = origins.map(({ connections }) => connections.length);
  await load.stop();
  expect(load.statuses.get(500)).toBe(load.answered);
  expect(before.every((count) => count > 0)).toBe(true);
});

test('three of four take no connection: the fourth has all requests, and none of them fails', async () => {
  await start(1);
  for (const origin of origins.slice(1)) await origin.close();
  using load = new Load(1);
  await load.more(50);
  expect((await outPorts()).length).toBe(3);
  const learned = load.failed; // a request whose both attempts met one that was not known yet
  await load.more(1000);
  await load.stop();
  expect(learned).toBeLessThanOrEqual(CLIENTS);
  expect(load.failed).toBe(learned);
});

test('the only endpoint of a backend is never left out', async () => {
  origins.splice(1).forEach((origin) => void origin.close());
  origins[0].serve = broken;
  await start(1);
  using load = new Load(1, 2);
  await load.more(50);
  await load.stop();
  expect(load.statuses.get(503)).toBe(load.answered);
  expect(requestsOf(origins[0])).toBe(load.answered);
  expect(await ejections()).toBe(0);
});

test('one request of all shards tries an endpoint whose time is over, and its answer brings it back', async () => {
  const held: Reply[] = [];
  let mode: 'broken' | 'held' | 'well' = 'broken';
  origins[0].serve = http((_, reply) => {
    if (mode === 'held') held.push(reply);
    else reply.send(mode === 'well' ? 200 : 500, mode);
  });
  await start(1, { answerMs: 60_000 });
  using load = new Load(1);
  await komainu.until('it is left out', async () => (await outPorts()).length === 1);
  await load.more(100); // what was sent before is answered
  mode = 'held';
  await komainu.until('it is tried', () => held.length > 0);
  await load.more(400);
  expect(held).toHaveLength(1);
  expect(await outPorts()).toHaveLength(1);

  mode = 'well';
  for (const reply of held) reply.send(200, 'well');
  await untilFullShare(load);
  await load.stop();
  expect(await outPorts()).toEqual([]);
});

test('tunnels that are reset say nothing of their endpoint', async () => {
  origins.splice(2).forEach((origin) => void origin.close());
  for (const origin of origins) {
    origin.serve = http((_, reply) => {
      reply.raw('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n');
      return new Promise<never>(() => {});
    });
  }
  await start(1);
  for (let i = 0; i < 4 * IN_A_ROW; i++) {
    using client = await RawClient.connect(komainu.port());
    client.say(['GET / HTTP/1.1', 'Host: h0.test', 'Connection: upgrade', 'Upgrade: echo']);
    expect((await client.head()).status).toBe(101);
    for (const { socket } of origins.flatMap(({ connections }) => connections)) socket.resetAndDestroy();
    await client.closed();
  }
  expect(await ejections()).toBe(0);
});

test('endpoints are never left out with --eject-after-failures 0', async () => {
  origins[0].serve = broken;
  await start(1, { inARow: 0 });
  using load = new Load(1, 4);
  await load.more(200);
  await load.stop();
  expect(load.statuses.get(503)).toBeGreaterThan(40);
  expect(await ejections()).toBe(0);
});
