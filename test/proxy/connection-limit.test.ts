import { createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { startForked } from '../support/forked.ts';
import { http } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { type Stage, startStage } from '../support/stage.ts';

const LIMIT = 10;
const FLOOD_LANES = 64;
/** A machine that does much else floods slowly. */
const FLOOD_LIMIT_MS = 60_000;

interface Seen {
  /** Taken and ended at once. */
  readonly closed: number;
  /** By the kernel: nobody listened. */
  readonly refused: number;
}

const start = ({ settings = 'logLevel: info\n', shards = 1 } = {}): Promise<Stage> =>
  startStage(1, { shards, settings, args: ['--connection-limit', String(LIMIT)] });

const metric = async (stage: Stage, name: string): Promise<number> => (await stage.komainu.metrics()).get(name) ?? 0;

const floodOf = (stage: Stage) =>
  startForked<string>('connection-flood.mjs', [String(stage.komainu.port()), String(FLOOD_LANES)]);

/** `count` connections that have had an answer each, so the program knows them. */
async function fill(port: number, host: string, count: number): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  while (clients.length < count) {
    const client = await RawClient.connect(port);
    expect(await client.ask(['GET / HTTP/1.1', `Host: ${host}`])).toMatchObject({ status: 200 });
    clients.push(client);
  }
  return clients;
}

/** Every place of every shard. The kernel chooses the shard, so some come to one that is full and are refused. */
async function fillAll(port: number, host: string, places: number): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  while (clients.length < places) {
    const client = await RawClient.connect(port);
    const answer = await client.ask(['GET / HTTP/1.1', `Host: ${host}`]).catch(() => undefined);
    if (answer?.status === 200) clients.push(client);
    else client[Symbol.dispose]();
  }
  return clients;
}

const leave = (clients: readonly RawClient[]): void => {
  for (const client of clients) client[Symbol.dispose]();
};

/** Whether a new client is served now. */
async function isServed(port: number, host: string): Promise<boolean> {
  const client = await RawClient.connect(port).catch(() => undefined);
  if (client === undefined) return false;
  client.say(['GET / HTTP/1.1', `Host: ${host}`]);
  const answer = await client.answer().catch(() => undefined);
  client[Symbol.dispose]();
  return answer?.status === 200;
}

test('a connection over the limit is closed at once and counted, over all listeners together', async () => {
  const behind = '{ name: behind, port: 0, proxyProtocol: required, from: [127.0.0.1] }';
  await using stage = await start({
    settings: `listeners:\n  - { name: http, port: 0 }\n  - { name: second, port: 0 }\n  - ${behind}\n`,
  });
  const { host } = stage.take();
  const [first, second] = [stage.komainu.port('http'), stage.komainu.port('second')];
  const clients = [...(await fill(first, host, LIMIT - 3)), ...(await fill(second, host, 2))];
  // One that has yet to say its PROXY header has a place, too.
  using silent = await RawClient.connect(stage.komainu.port('behind'));
  await stage.komainu.until('all are there', async () => (await metric(stage, 'komainu_connections_open')) === LIMIT);
  for (const port of [first, second, stage.komainu.port('behind')]) {
    using over = await RawClient.connect(port);
    await over.closed();
    expect(over.stream.bytesTaken).toBe(0);
  }
  expect(await metric(stage, 'komainu_connections_refused_total')).toBe(3);
  expect(await metric(stage, 'komainu_connections_open')).toBe(LIMIT);
  expect(silent.socket.readyState).toBe('open');

  // A place that becomes free at one listener is free at all.
  clients.pop()?.[Symbol.dispose]();
  await stage.komainu.until('one has left', async () => (await metric(stage, 'komainu_connections_open')) < LIMIT);
  leave([...clients, ...(await fill(first, host, 1))]);
});

/** Requests one after the other on one connection until told to stop; how many were answered rightly. */
async function work(client: RawClient, host: string, stop: AbortSignal): Promise<number> {
  for (let n = 0; ; n++) {
    if (stop.aborted) return n;
    const target = `/${client.localPort}/${n}`;
    expect(await client.ask([`GET ${target} HTTP/1.1`, `Host: ${host}`])).toMatchObject({
      status: 200,
      text: `GET ${target}`,
    });
  }
}

const flooded =
  'a flood over the limit is refused by the kernel most of the time, and what was accepted does not notice';

test.each([1, 2])(`${flooded} (shards: %i)`, async (shards) => {
  await using stage = await start({ shards });
  const { host } = stage.take();
  const clients = await fillAll(stage.komainu.port(), host, shards * LIMIT);
  const stop = new AbortController();
  const works = Promise.all(clients.map((client) => work(client, host, stop.signal)));
  {
    await using attack = await floodOf(stage);
    const seen = await stage.komainu.until(
      'the kernel refuses',
      async () => {
        const now = await attack.ask<Seen>('count');
        return now.refused > 2000 && now;
      },
      FLOOD_LIMIT_MS,
    );
    expect(seen.closed).toBeGreaterThan(0);
    stop.abort();
    for (const answered of await works) expect(answered).toBeGreaterThan(10);
  }
  expect(await metric(stage, 'komainu_connections_refused_total')).toBeGreaterThan(100);
  expect(stage.komainu.events('connections over the limit come too fast, accepting pauses').length).toBeGreaterThan(0);

  // The flood is over: a place that becomes free can be had again.
  clients.pop()?.[Symbol.dispose]();
  await stage.komainu.until('a new client is served', () => isServed(stage.komainu.port(), host));
  leave(clients);
});

test('SIGTERM in the middle of a flood: what runs is answered and the program ends with 0', async () => {
  await using stage = await start();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const hold = http(async (request, reply) => {
    if (request.target === '/held') await released;
    reply.send(200, 'done');
  });
  const { host } = stage.take(hold);
  const clients = await fill(stage.komainu.port(), host, LIMIT);
  clients[0].say(['GET /held HTTP/1.1', `Host: ${host}`]);
  await using attack = await floodOf(stage);
  await stage.komainu.until(
    'the kernel refuses',
    async () => (await attack.ask<Seen>('count')).refused > 1000,
    FLOOD_LIMIT_MS,
  );
  stage.komainu.signal('SIGTERM');
  for (const client of clients.slice(1)) await client.closed();
  release();
  expect(await clients[0].answer()).toMatchObject({ status: 200, text: 'done' });
  leave(clients);
  expect(await stage.komainu.ended).toEqual({ code: 0, signal: null });
});

/** Binds the port in a moment in which the shard does not listen. */
async function take(port: number): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '::', exclusive: true }, () => resolve(server));
  });
}

test('a port that another program takes in the pause is taken back when it is free again', async () => {
  await using stage = await start();
  const { host } = stage.take();
  const port = stage.komainu.port();
  const clients = await fill(port, host, LIMIT);
  const thief = await (async () => {
    await using _ = await floodOf(stage);
    return await stage.komainu.until('the port is free for a moment', () => take(port), FLOOD_LIMIT_MS);
  })();
  const lost = 'listener cannot be opened again';
  await stage.komainu.until('it is told twice', () => stage.komainu.events(lost).length >= 2);
  expect(stage.komainu.event(lost)).toMatchObject({ listener: 'http', port, code: 'EADDRINUSE', shard: 0 });
  expect(await clients[0].ask(['GET / HTTP/1.1', `Host: ${host}`])).toMatchObject({ status: 200 });
  await new Promise((resolve) => thief.close(resolve));
  leave(clients.splice(0, 1));
  await stage.komainu.until('it listens again', () => isServed(port, host));
  leave(clients);
});

test('when nine tenths of the limit are open, idle connections get a short time, those that are idle already too', async () => {
  const shortMs = 500;
  const args = ['--connection-limit', String(LIMIT), '--pressure-idle-ms', String(shortMs)];
  await using stage = await startStage(1, { shards: 1, args });
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const hold = http(async (request, reply) => {
    if (request.target === '/held') await released;
    reply.send(200, 'done');
  });
  const { host } = stage.take(hold);
  const port = stage.komainu.port();
  const [busy, ...idle] = await fill(port, host, LIMIT - 2);
  busy.say(['GET /held HTTP/1.1', `Host: ${host}`]);
  // Time itself is what is tested: without pressure they outlive the short time.
  await new Promise((resolve) => setTimeout(resolve, 2 * shortMs));
  expect(idle.map((client) => client.socket.readyState)).toEqual(idle.map(() => 'open'));
  expect(await metric(stage, 'komainu_connections_open')).toBe(LIMIT - 2);

  const [late] = await fill(port, host, 1);
  for (const client of [...idle, late]) expect(await client.closed()).toBe('end');
  release();
  expect(await busy.answer()).toMatchObject({ status: 200, text: 'done' });
  leave([busy, late, ...idle]);

  // The pressure is over, which is noticed within 100 ms.
  await stage.komainu.until('all have left', async () => (await metric(stage, 'komainu_connections_open')) === 0);
  await new Promise((resolve) => setTimeout(resolve, shortMs));
  const [last] = await fill(port, host, 1);
  await new Promise((resolve) => setTimeout(resolve, 2 * shortMs));
  expect(await last.ask(['GET / HTTP/1.1', `Host: ${host}`])).toMatchObject({ status: 200 });
  leave([last]);
});
