import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Stage } from '../../src/table/shard-words.ts';
import { everything, route } from '../support/manifests.ts';
import { http, type Origin, startOrigin } from '../support/origin.ts';
import { get, RawClient } from '../support/raw-client.ts';
import { type FaultyKomainu, startFaulty } from '../support/shard-faults.ts';
import type { Komainu } from '../support/start-komainu.ts';

/** The aim is 1 s; a machine whose cores are busy with other tests gets more. */
const BACK_LIMIT_MS = 5_000;

let origin: Origin;
let faulty: FaultyKomainu;
let gate = Promise.withResolvers<void>();

beforeAll(async () => {
  origin = await startOrigin(
    http(async ({ target }, reply) => {
      if (target === '/held') await gate.promise;
      reply.send(200, target, target === '/close' ? [['Connection', 'close']] : []);
      if (target === '/close') reply.end();
    }),
  );
  faulty = await startFaulty({ manifests: everything(origin.port), args: ['--idle-timeout-ms', '200'] });
});
afterAll(async () => {
  await faulty[Symbol.asyncDispose]();
  await origin.close();
});

const held = async (count: number): Promise<readonly RawClient[]> => {
  gate = Promise.withResolvers();
  const before = origin.requests.length;
  const clients = await Promise.all(Array.from({ length: count }, () => RawClient.connect(faulty.komainu.port())));
  for (const client of clients) client.say(['GET /held HTTP/1.1', 'Host: a.test']);
  await faulty.komainu.until('the held requests are at the origin', () => origin.requests.length === before + count);
  return clients;
};

/** Ordinary traffic that passes through every stage; a connection that is cut by the fault is what was asked for. */
async function passThroughStages(round: number): Promise<void> {
  await faulty.komainu.write('other.yaml', route(`round-${round}.test`, [origin.port]));
  try {
    using leaving = await RawClient.connect(faulty.komainu.port());
    await leaving.ask(['GET /close HTTP/1.1', 'Host: a.test']);
    leaving.end();
    await leaving.closed();
    using idle = await RawClient.connect(faulty.komainu.port());
    await idle.ask(['GET /close HTTP/1.1', 'Host: a.test']);
    await idle.closed();
  } catch {}
}

async function untilItHappens(): Promise<void> {
  for (let round = 0; !faulty.happened; round++) {
    if (round > 200) throw new Error(`the fault did not happen; ${faulty.komainu.story()}`);
    await passThroughStages(round);
  }
}

const restarts = async ({ komainu } = faulty): Promise<number> =>
  (await komainu.shards()).reduce((sum, shard) => sum + shard.restarts, 0);

async function untilAllServe(restartsBefore: number): Promise<number> {
  const began = performance.now();
  await faulty.komainu.until('every shard serves again', async () => {
    const shards = await faulty.komainu.shards();
    return (await restarts()) > restartsBefore && shards.every(({ state }) => state === 'serving');
  });
  return performance.now() - began;
}

const outcomes = async (clients: readonly RawClient[]): Promise<readonly (number | 'cut')[]> =>
  Promise.all(
    clients.map((client) =>
      client.answer().then(
        ({ status }) => status,
        () => 'cut' as const,
      ),
    ),
  );

const stages: readonly Stage[] = [
  'accept',
  'client-bytes',
  'client-event',
  'upstream-bytes',
  'upstream-event',
  'adopt',
  'timer',
];

test.each(stages)(
  'an exception in %s ends that shard alone: what runs is finished, and the shard is back',
  async (stage) => {
    const clients = await held(8);
    const before = await restarts();
    const { pid } = faulty.komainu;
    faulty.arm({ stage, kind: 'throw' });
    await untilItHappens();
    expect(await untilAllServe(before)).toBeLessThan(BACK_LIMIT_MS);
    gate.resolve();
    expect(await outcomes(clients)).toEqual(Array(8).fill(200));
    expect(await restarts()).toBe(before + 1);
    expect(faulty.komainu.running && faulty.komainu.pid).toBe(pid);
    expect(JSON.stringify(faulty.komainu.events('shard failed').at(-1))).toContain(`fault in ${stage}`);
    for (let i = 0; i < 20; i++) expect((await get(faulty.komainu.port(), 'a.test')).status).toBe(200);
  },
);

test.each(['client-bytes', 'upstream-bytes', 'upstream-event'] as const)(
  'the request that met an exception in %s is answered 5xx or cut at once, not after the time that others have to finish',
  async (stage) => {
    const before = await restarts();
    faulty.arm({ stage, kind: 'throw' });
    await faulty.komainu.until('the fault happens', async () => {
      using client = await RawClient.connect(faulty.komainu.port());
      const began = performance.now();
      const status = await client.ask(['GET /close HTTP/1.1', 'Host: a.test']).then(
        (answer) => answer.status,
        () => 500,
      );
      expect(status === 200 || status >= 500).toBe(true);
      expect(performance.now() - began).toBeLessThan(2_500);
      return faulty.happened;
    });
    await untilAllServe(before);
  },
);

test('a rejection that nobody handles counts as an exception', async () => {
  const before = await restarts();
  faulty.arm({ stage: 'client-bytes', kind: 'reject' });
  await untilItHappens();
  expect(await untilAllServe(before)).toBeLessThan(BACK_LIMIT_MS);
  expect(await restarts()).toBe(before + 1);
});

test('the sudden end of a shard ends that shard alone, and the shard is back', async () => {
  const clients = await held(16);
  const before = await restarts();
  faulty.arm({ stage: 'client-bytes', kind: 'exit' });
  await untilItHappens();
  expect(await untilAllServe(before)).toBeLessThan(BACK_LIMIT_MS);
  gate.resolve();
  const told = await outcomes(clients);
  expect(told.filter((one) => one === 200).length).toBeGreaterThan(0);
  expect(told.every((one) => one === 200 || one === 'cut')).toBe(true);
  for (let i = 0; i < 20; i++) expect((await get(faulty.komainu.port(), 'a.test')).status).toBe(200);
});

test('a shard that loops for ever is not ready after a second and replaced after two; the other goes on', async () => {
  // Its own program: here a client must stay although it says nothing for a while.
  await using own = await startFaulty({ manifests: everything(origin.port) });
  const { komainu } = own;
  using steady = await RawClient.connect(komainu.port());
  const home = await shardOf(komainu, steady);
  own.arm({ stage: 'client-bytes', kind: 'loop', shard: 1 - home });
  const stuck = await clientsUntilItHappens(own);
  const began = performance.now();
  const lines = ['GET / HTTP/1.1', 'Host: a.test'];
  await komainu.until('it is not ready', async () => {
    expect((await steady.ask(lines)).status).toBe(200);
    return (await komainu.admin('/readyz')).status === 503;
  });
  await komainu.until('every shard serves again', async () => {
    expect((await steady.ask(lines)).status).toBe(200);
    const shards = await komainu.shards();
    return (await restarts(own)) === 1 && shards.every(({ state }) => state === 'serving');
  });
  expect(performance.now() - began).toBeLessThan(3_000 + BACK_LIMIT_MS);
  expect((await komainu.admin('/readyz')).status).toBe(200);
  for (const client of stuck) client[Symbol.dispose]();
});

/** The shard that has this client: the one with a request under way while its request is held. */
async function shardOf(komainu: Komainu, client: RawClient): Promise<number> {
  const counts = async (): Promise<readonly number[]> =>
    (await komainu.shards()).map(({ exchangesActive }) => exchangesActive);
  gate = Promise.withResolvers();
  client.say(['GET /held HTTP/1.1', 'Host: a.test']);
  const found = await komainu.until('one shard has the request', async () => {
    const index = (await counts()).indexOf(1);
    return index >= 0 && { index };
  });
  gate.resolve();
  await client.answer();
  return found.index;
}

/** Asks without waiting for answers: the one that meets the fault has none to wait for. */
async function clientsUntilItHappens(program: FaultyKomainu): Promise<readonly RawClient[]> {
  const clients: RawClient[] = [];
  await program.komainu.until('the fault happens', async () => {
    const client = await RawClient.connect(program.komainu.port());
    client.say(['GET / HTTP/1.1', 'Host: a.test']);
    clients.push(client);
    return program.happened;
  });
  return clients;
}

test('faults again and again do not end the process', { timeout: 120_000 }, async () => {
  for (let i = 0; i < 4; i++) {
    const before = await restarts();
    faulty.arm({ stage: 'upstream-bytes', kind: i % 2 === 0 ? 'throw' : 'exit' });
    await untilItHappens();
    await untilAllServe(before);
  }
  expect(faulty.komainu.running).toBe(true);
  expect(await faulty.komainu.stop()).toEqual({ code: 0, signal: null });
});
