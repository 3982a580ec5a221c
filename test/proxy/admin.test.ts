import { afterAll, beforeAll, expect, test } from 'vitest';
import { documents, ingress, route } from '../support/manifests.ts';
import { http, type Origin, startOrigin } from '../support/origin.ts';
import { ask, get, RawClient } from '../support/raw-client.ts';
import { type Komainu, startKomainu } from '../support/start-komainu.ts';

let origin: Origin;
let komainu: Komainu;
beforeAll(async () => {
  origin = await startOrigin(http(({ target }, reply) => reply.send(Number(target.slice(1)) || 200, 'said')));
  komainu = await startKomainu({
    manifests: {
      'a.yaml': route('a.test', [origin.port]),
      'b.yaml': documents(ingress('b', [{ host: 'b.test', path: '/b', pathType: 'Exact', service: 'missing' }])),
    },
  });
});
afterAll(async () => {
  await komainu[Symbol.asyncDispose]();
  await origin.close();
});

test('/livez and /readyz answer 200 while it serves', async () => {
  expect(await komainu.admin('/livez')).toMatchObject({ status: 200 });
  expect(await komainu.admin('/readyz')).toMatchObject({ status: 200 });
  expect((await komainu.admin('/readyz?verbose')).text.split('\n').length).toBeGreaterThan(1);
});

test('/api/routes has the compiled routes with their owners', async () => {
  const { routes } = await komainu.api<{ routes: { host: string; path: string; pathKind: string; backend: string }[] }>(
    'routes',
  );
  expect(routes).toHaveLength(2);
  expect(routes).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ host: 'a.test', pathKind: 'prefix', backend: 'default/a-test:80' }),
      expect.objectContaining({ host: 'b.test', pathKind: 'exact', path: '/b' }),
    ]),
  );
});

test('/api/backends has the endpoints, and how requests are spread over them', async () => {
  const { backends } = await komainu.api<{
    backends: { key: string; loadBalancing: string; endpoints: object[] }[];
  }>('backends');
  const found = backends.find(({ key }) => key === 'default/a-test:80');
  expect(found?.loadBalancing).toBe('round-robin');
  expect(found?.endpoints).toMatchObject([{ address: '127.0.0.1', port: origin.port, weight: 1, available: true }]);
});

test('/api/shards has every shard, serving', async () => {
  const shards = await komainu.shards();
  expect(shards.map(({ index, state }) => [index, state])).toEqual([
    [0, 'serving'],
    [1, 'serving'],
  ]);
});

test('/api/refusals says what was refused, and the log says it once', async () => {
  const { refusals } = await komainu.api<{ refusals: { reason: string; file: string }[] }>('refusals');
  expect(refusals).toEqual([expect.objectContaining({ reason: 'ServiceMissing', file: 'b.yaml' })]);
  const told = komainu.log.filter((line) => JSON.stringify(line).includes('ServiceMissing'));
  expect(told).toHaveLength(1);
});

test('/api/settings has the settings in use', async () => {
  const settings = await komainu.api<object>('settings');
  expect(JSON.stringify(settings)).toContain('"shards":2');
});

test('/metrics counts answers by class and failures by name, over all shards', async () => {
  const sum = async (name: string): Promise<number> => (await komainu.metrics()).get(name) ?? 0;
  const before = {
    ok: await sum('komainu_requests_total{class="2xx"}'),
    no: await sum('komainu_requests_total{class="4xx"}'),
  };
  for (let i = 0; i < 10; i++) await get(komainu.port(), 'a.test');
  for (let i = 0; i < 5; i++) await get(komainu.port(), 'a.test', '/404');
  for (let i = 0; i < 3; i++) await get(komainu.port(), 'nobody.test');
  await komainu.until('the answers are counted', async () => {
    const ok = (await sum('komainu_requests_total{class="2xx"}')) - before.ok;
    const no = (await sum('komainu_requests_total{class="4xx"}')) - before.no;
    return ok === 10 && no === 8;
  });
  const metrics = await komainu.metrics();
  expect(metrics.get('komainu_ready')).toBe(1);
  expect(metrics.get('komainu_generation_programmed')).toBe(metrics.get('komainu_generation_current'));
  expect(metrics.get('komainu_failures_total{failure="route-not-found",side="proxy"}')).toBeGreaterThanOrEqual(3);
  expect(metrics.get('komainu_requests_active')).toBe(0);
});

test('/metrics is Prometheus text: every sample has its TYPE line before it', async () => {
  const { text, header } = await komainu.admin('/metrics');
  expect(header('Content-Type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const typed = new Set<string>();
  for (const line of text.split('\n').filter((one) => one !== '')) {
    if (line.startsWith('# TYPE ')) typed.add(line.split(' ')[2]);
    if (line.startsWith('#')) continue;
    const [, name] = /^([a-z_]+)(?:\{[^}]*\})? [-+0-9.eInfNa]+$/.exec(line) ?? [];
    expect(name, line).toBeDefined();
    expect(typed.has(name!) || typed.has(name!.replace(/_(bucket|sum|count)$/, '')), line).toBe(true);
  }
});

test('the admin port answers nobody who came by another name, and takes no bodies and no other methods', async () => {
  const status = async (lines: string[], body = ''): Promise<number> =>
    (await ask(komainu.adminPort, [...lines, 'Connection: close'], body)).status;
  expect(await status(['GET /api/settings HTTP/1.1', 'Host: evil.test'])).toBe(403);
  expect(await status(['POST /api/settings HTTP/1.1', 'Host: localhost', 'Content-Length: 0'])).toBe(405);
  expect(await status(['GET /no/such/page HTTP/1.1', 'Host: localhost'])).toBe(404);
});

test('requests under way are seen, and are gone when they are answered', async () => {
  const gate = Promise.withResolvers<void>();
  await using held = await startOrigin(
    http(async (_, reply) => {
      await gate.promise;
      reply.send(200, 'x');
    }),
  );
  await komainu.write('held.yaml', route('held.test', [held.port]));
  const clients = await Promise.all(Array.from({ length: 5 }, () => RawClient.connect(komainu.port())));
  await komainu.routed('held.test');
  for (const client of clients) client.say(['GET / HTTP/1.1', 'Host: held.test']);
  const active = async (): Promise<number> =>
    (await komainu.shards()).reduce((sum, shard) => sum + shard.exchangesActive, 0);
  await komainu.until('five are under way', async () => (await active()) === 5);
  gate.resolve();
  for (const client of clients) expect((await client.answer()).status).toBe(200);
  await komainu.until('none is under way', async () => (await active()) === 0);
  for (const client of clients) client[Symbol.dispose]();
});
