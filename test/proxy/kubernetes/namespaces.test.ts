import { expect, test } from 'vitest';
import {
  answers,
  type ClusterStage,
  clusterIngress,
  get,
  startClusterStage,
  wholeRoute,
} from '../../support/cluster-stage.ts';
import type { Raw } from '../../support/fake-api/raw.ts';
import type { Komainu } from '../../support/start-komainu.ts';

const namespace = (name: string, labels: Readonly<Record<string, string>> = {}): Raw => ({
  kind: 'Namespace',
  metadata: { name, labels },
});

const routeIn = (stage: ClusterStage, name: string): void => stage.put(...wholeRoute(name, stage.origin.port, name));

const status = async (komainu: Komainu, host: string): Promise<number> => (await get(komainu, host)).status;

test('a list of namespaces: each is read by itself, and no other', async () => {
  await using stage = await startClusterStage();
  for (const name of ['one', 'two', 'three']) routeIn(stage, name);
  const komainu = await stage.start(['--namespaces', 'one,two']);
  expect(await status(komainu, 'one.test')).toBe(200);
  expect(await status(komainu, 'two.test')).toBe(200);
  expect(await status(komainu, 'three.test')).toBe(404);
  const paths = stage.api.requests.map(({ path }) => path);
  // Classes have no namespace, and the lease is that of our own.
  const asked = paths.filter((path) => !path.endsWith('/ingressclasses') && !path.includes('/leases'));
  expect(asked.filter((path) => !/\/namespaces\/(?:one|two)\//.test(path))).toEqual([]);
  expect(stage.api.count('list', 'Namespace')).toBe(0);
});

test('a selector of namespaces is followed: they come and go whole, as their labels do', async () => {
  await using stage = await startClusterStage();
  stage.put(namespace('red', { team: 'shop' }), namespace('blue', { team: 'other' }));
  for (const name of ['red', 'blue', 'green']) routeIn(stage, name);
  const komainu = await stage.start(['--namespace-selector', 'team=shop']);
  expect(await status(komainu, 'red.test')).toBe(200);
  expect(await status(komainu, 'blue.test')).toBe(404);

  stage.put(namespace('green', { team: 'shop' }));
  await answers(komainu, 'green.test', 200);
  stage.put(namespace('red', { team: 'other' }));
  await answers(komainu, 'red.test', 404);
  expect(await status(komainu, 'green.test')).toBe(200);
  await komainu.until(
    'red is no longer watched',
    () => stage.api.requests.length > 0 && komainu.event('namespace is no longer read'),
  );
  stage.put(namespace('red', { team: 'shop' }));
  await answers(komainu, 'red.test', 200);
  stage.api.remove('Namespace', 'green');
  await answers(komainu, 'green.test', 404);
  const { backends } = await komainu.api<{ backends: readonly { key: string }[] }>('backends');
  expect(backends.map(({ key }) => key)).toEqual(['red/red:80']);
});

test('an Ingress of a namespace that comes is never served without its Services', async () => {
  await using stage = await startClusterStage();
  stage.put(namespace('red', { team: 'shop' }), namespace('late'));
  for (const name of ['red', 'late']) routeIn(stage, name);
  const komainu = await stage.start(['--namespace-selector', 'team=shop']);
  stage.api.fault({ on: 'list', kind: 'EndpointSlice', times: 2, misdeed: { do: 'answer', status: 500 } });
  stage.put(namespace('late', { team: 'shop' }));
  const seen = new Set<number>();
  await komainu.until('late is served', async () => {
    const found = await status(komainu, 'late.test');
    seen.add(found);
    return found === 200;
  });
  expect([...seen].filter((one) => one !== 404 && one !== 200)).toEqual([]);
});

test('a selector without a namespace is ready and serves nothing', async () => {
  await using stage = await startClusterStage();
  routeIn(stage, 'red');
  const komainu = await stage.start(['--namespace-selector', 'team=shop']);
  expect((await komainu.admin('/readyz')).status).toBe(200);
  expect(await status(komainu, 'red.test')).toBe(404);
});

test('a selector of objects chooses Ingresses alone', async () => {
  await using stage = await startClusterStage();
  stage.route('a', 'b');
  const labelled = clusterIngress('b', [{ host: 'b.test', service: 'b' }]);
  stage.put({ ...labelled, metadata: { ...labelled.metadata, labels: { stage: 'live' } } });
  const komainu = await stage.start(['--label-selector', 'stage=live']);
  expect(await status(komainu, 'b.test')).toBe(200);
  expect(await status(komainu, 'a.test')).toBe(404);
  stage.put(labelled);
  await answers(komainu, 'b.test', 404);
});

test('a namespace that may not be read does not hold back the others, and is read when it may', {
  timeout: 90_000,
}, async () => {
  await using stage = await startClusterStage();
  for (const name of ['one', 'two']) routeIn(stage, name);
  stage.api.forbid('Ingress', 'two');
  const komainu = await stage.start(['--namespaces', 'one,two']);
  expect(await status(komainu, 'one.test')).toBe(200);
  expect(await status(komainu, 'two.test')).toBe(404);
  expect((await komainu.admin('/readyz?verbose')).text).toMatch(/^\[!\]cluster\/Ingress warning: .*lets us not read/m);
  stage.api.allow('Ingress', 'two');
  await komainu.until('two is served', async () => (await status(komainu, 'two.test')) === 200, 40_000);
});
