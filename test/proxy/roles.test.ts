import { afterAll, beforeAll, expect, test } from 'vitest';
import { documents, ingress, service } from '../support/manifests.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { get } from '../support/raw-client.ts';
import { type Komainu, startKomainu } from '../support/start-komainu.ts';

let origin: Origin;
const roles = ['all', 'leader', 'worker'] as const;
const by: Partial<Record<(typeof roles)[number], Komainu>> = {};

const lines = [
  { host: 'admin.test', service: 'web' },
  { host: '*.own.test', service: 'web' },
  { host: 'shop.test', service: 'web' },
  { host: 'lost.test', service: 'lost' },
  { path: '/any', service: 'web' },
];

beforeAll(async () => {
  origin = await startOrigin();
  for (const role of roles) {
    by[role] = await startKomainu({
      shards: 1,
      args: ['--role', role, '--leader-hosts', 'admin.test,*.own.test'],
      manifests: { 'routes.yaml': documents(ingress('web', lines), service('web', [origin.port])) },
    });
  }
});
afterAll(async () => {
  for (const komainu of Object.values(by)) await komainu[Symbol.asyncDispose]();
  await origin.close();
});

test.each([
  ['admin.test', '/', [200, 200, 200]],
  ['one.own.test', '/', [200, 200, 200]],
  ['own.test', '/', [404, 404, 404]],
  ['shop.test', '/', [200, 404, 200]],
  ['shop.test', '/any', [200, 404, 200]],
  ['lost.test', '/', [503, 404, 503]],
])('%s%s is answered by all, leader and worker with %s', async (host, path, statuses) => {
  const answers = roles.map((role) => get(by[role]!.port(), host, path));
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(statuses);
});

test('a leader knows what is refused of hosts that it does not serve', async () => {
  const { refusals } = await by.leader!.api<{ refusals: readonly object[] }>('refusals');
  expect(refusals).toMatchObject([{ reason: 'ServiceMissing', object: { kind: 'Ingress', name: 'web' } }]);
});

test('a leader follows changes of its hosts and of their endpoints', async () => {
  const leader = by.leader!;
  await using other = await startOrigin();
  await leader.write('late.yaml', documents(ingress('late', [{ host: 'admin.test', path: '/late', service: 'late' }])));
  await leader.until(
    'the new path is there',
    async () => (await get(leader.port(), 'admin.test', '/late')).status === 503,
  );
  await leader.write('service.yaml', documents(service('late', [other.port])));
  await leader.until(
    'it has an endpoint',
    async () => (await get(leader.port(), 'admin.test', '/late')).status === 200,
  );
  expect((await get(leader.port(), 'shop.test', '/')).status).toBe(404);
});
