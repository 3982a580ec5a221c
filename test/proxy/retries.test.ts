import { afterEach, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { route } from '../support/manifests.ts';
import { http, type Origin, startOrigin } from '../support/origin.ts';
import { ask, get, RawClient } from '../support/raw-client.ts';
import { type Komainu, startKomainu } from '../support/start-komainu.ts';

const HOST = 'retry.test';

let komainu: Komainu;
let origin: Origin;
afterEach(async () => {
  await komainu[Symbol.asyncDispose]();
  await origin.close();
});

const metric = async (name: string): Promise<number> => (await komainu.metrics()).get(name) as number;

/** One endpoint that answers and one that refuses, which is never left out; one shard, so one budget. */
async function startHalf(...args: readonly string[]): Promise<void> {
  origin = await startOrigin();
  const manifests = { 'half.yaml': route(HOST, [await freePort(), origin.port]) };
  komainu = await startKomainu({ shards: 1, args: ['--eject-after-failures', '0', ...args], manifests });
}

test('retries stay within their share of the requests', async () => {
  await startHalf();
  const statuses: number[] = [];
  const began = performance.now();
  using client = await RawClient.connect(komainu.port());
  for (let i = 0; i < 400; i++) statuses.push((await client.ask(['GET / HTTP/1.1', `Host: ${HOST}`])).status);
  const [retries, denied] = [await metric('komainu_retries_total'), await metric('komainu_retries_denied_total')];
  expect(retries + denied).toBeGreaterThanOrEqual(200); // at least every other one met the endpoint that refuses
  expect(retries).toBeGreaterThanOrEqual(80);
  // A fifth, and ten more in each five seconds, of which there are few.
  expect(retries).toBeLessThanOrEqual(80 + 10 * (2 + Math.ceil((performance.now() - began) / 5000)));
  expect(denied).toBeGreaterThan(0);
  expect(statuses.filter((status) => status === 502)).toHaveLength(denied);
  expect(statuses.filter((status) => status === 200)).toHaveLength(400 - denied);
});

test('a quiet backend may retry', async () => {
  await startHalf();
  for (let i = 0; i < 10; i++) expect((await get(komainu.port(), HOST)).status).toBe(200);
  expect(await metric('komainu_retries_total')).toBeGreaterThanOrEqual(5);
});

test('--retry-budget-percent 0: a request that met nobody is not sent again', async () => {
  await startHalf('--retry-budget-percent', '0');
  const statuses: number[] = [];
  for (let i = 0; i < 10; i++) statuses.push((await get(komainu.port(), HOST)).status);
  expect(statuses.toSorted()).toEqual([...Array(5).fill(200), ...Array(5).fill(502)]);
  expect(await metric('komainu_retries_total')).toBe(0);
});

/** Answers the first request of a connection; resets when the head of a second one has come. */
async function startStale(endpoints = 1, ...args: readonly string[]): Promise<Origin[]> {
  const serve = http(
    async (request, reply) => {
      if (reply.connection.requests > 1) return reply.reset();
      if (request.header('Expect') !== undefined) reply.raw('HTTP/1.1 100 Continue\r\n\r\n');
      await reply.stream.skip(Number(request.header('Content-Length') ?? 0));
      reply.send(200, request.target);
    },
    { streaming: true },
  );
  const origins: Origin[] = [];
  while (origins.length < endpoints) origins.push(await startOrigin(serve));
  origin = origins[0];
  const manifests = {
    'stale.yaml': route(
      HOST,
      origins.map(({ port }) => port),
    ),
  };
  komainu = await startKomainu({ shards: 1, args: ['--retry-budget-percent', '0', ...args], manifests });
  return origins;
}

test.each(['GET', 'HEAD', 'OPTIONS', 'DELETE', 'PUT'])(
  '%s on a connection that was stale is sent once more, whatever the budget',
  async (method) => {
    await startStale();
    const port = komainu.port();
    expect((await get(port, HOST, '/first')).status).toBe(200);
    expect((await ask(port, [`${method} /again HTTP/1.1`, `Host: ${HOST}`])).status).toBe(200);
    expect(origin.requests.map(({ target, connection }) => `${target} ${connection}`)).toEqual([
      '/first 0',
      '/again 0',
      '/again 1',
    ]);
  },
);

test.each([
  ['POST', ['Content-Length: 0'], ''],
  ['PATCH', ['Content-Length: 4'], 'body'],
  ['PUT', ['Content-Length: 4'], 'body'],
  ['DELETE', ['Content-Length: 4'], 'body'],
])('%s with %s on a connection that was stale is not sent again', async (method, lines, body) => {
  await startStale();
  const port = komainu.port();
  expect((await get(port, HOST, '/first')).status).toBe(200);
  expect((await ask(port, [`${method} /once HTTP/1.1`, `Host: ${HOST}`, ...lines], body)).status).toBe(502);
  expect(origin.requests.map(({ target }) => target)).toEqual(['/first', '/once']);
});

test.each([
  ['PUT', 200, ['/first', '/put', '/put']],
  ['POST', 502, ['/first', '/post']],
])('%s whose body was not asked for yet, on a connection that was stale: %i', async (method, status, targets) => {
  await startStale();
  expect((await get(komainu.port(), HOST, '/first')).status).toBe(200);
  using client = await RawClient.connect(komainu.port());
  const lines = [`${method} /${method.toLowerCase()} HTTP/1.1`, `Host: ${HOST}`, 'Content-Length: 4'];
  client.say([...lines, 'Expect: 100-continue']);
  if (status === 200) {
    expect((await client.head()).status).toBe(100);
    await client.write('body');
  }
  expect((await client.answer(method)).status).toBe(status);
  expect(origin.requests.map(({ target }) => target)).toEqual(targets);
});

test('a request that met nobody, of whom there is no other, counts as no retry', async () => {
  await startHalf();
  await komainu.write('half.yaml', route(HOST, [await freePort()]));
  await komainu.until('one endpoint is left', async () => (await get(komainu.port(), HOST)).status === 502);
  const before = await metric('komainu_retries_total');
  for (let i = 0; i < 5; i++) expect((await get(komainu.port(), HOST)).status).toBe(502);
  expect(await metric('komainu_retries_total')).toBe(before);
});

test('a request that waits for its second attempt gets no connection that may be stale again', async () => {
  await startStale(1, '--upstream-connection-limit', '1');
  let sent = 0;
  const statuses = await Promise.all(Array.from({ length: 200 }, () => get(komainu.port(), HOST, `/${sent++}`)));
  expect(statuses.map(({ status }) => status)).toEqual(Array(200).fill(200));
  const times = Map.groupBy(origin.requests, ({ target }) => target);
  expect(Math.max(...[...times.values()].map(({ length }) => length))).toBe(2);
});

test('the second attempt goes to an endpoint of those that there are by then', async () => {
  const dying = Promise.withResolvers<void>();
  let second = false;
  origin = await startOrigin(
    http(async (_, reply) => {
      if (reply.connection.requests === 1) return reply.send(200, 'first');
      second = true;
      await dying.promise;
      reply.reset();
    }),
  );
  await using other = await startOrigin(http((_, reply) => reply.send(200, 'other')));
  komainu = await startKomainu({ shards: 1, manifests: { 'moved.yaml': route(HOST, [origin.port]) } });
  expect((await get(komainu.port(), HOST)).text).toBe('first');
  const answer = get(komainu.port(), HOST);
  await komainu.until('the second request has come', () => second);
  await komainu.write('moved.yaml', route(HOST, [other.port]));
  await komainu.write('behind.yaml', route('behind.test', [other.port]));
  await komainu.routed('behind.test'); // so what was written before it is known as well
  await origin.close(); // nobody is there for a second attempt
  dying.resolve();
  expect((await answer).text).toBe('other');
});

test('the second attempt goes to another endpoint, on a new connection', async () => {
  const origins = await startStale(2);
  const port = komainu.port();
  for (const target of ['/1', '/2']) expect((await get(port, HOST, target)).status).toBe(200);
  expect((await get(port, HOST, '/stale')).status).toBe(200);
  const seen = origins.map(({ requests }) => requests.map(({ target, connection }) => `${target} ${connection}`));
  expect(seen.toSorted()).toEqual([
    ['/1 0', '/stale 0'],
    ['/2 0', '/stale 1'],
  ]);
  await origins[1].close();
});
