import { expect, test } from 'vitest';
import {
  answers,
  type ClusterStage,
  clusterIngress,
  get,
  startClusterStage,
  tlsSecret,
} from '../../support/cluster-stage.ts';
import type { Komainu } from '../../support/start-komainu.ts';

/** Serves by the annotation, so it needs no IngressClass. */
function annotated(stage: ClusterStage): void {
  stage.route('plain');
  const made = clusterIngress('plain', [{ host: 'plain.test', service: 'plain' }]);
  const annotations = { 'kubernetes.io/ingress.class': 'komainu' };
  stage.put({
    ...made,
    metadata: { ...made.metadata, annotations },
    spec: { ...(made.spec as object), ingressClassName: undefined },
  });
}

const lineOf = async (komainu: Komainu, name: string): Promise<string | undefined> =>
  (await komainu.admin('/readyz?verbose')).text.split('\n').find((line) => line.includes(`]${name} `));

test('a kind that is absent or forbidden does not stop the others, is named, and is read within 30 s when it is there', {
  timeout: 120_000,
}, async () => {
  await using absent = await startClusterStage();
  await using forbidden = await startClusterStage();
  for (const stage of [absent, forbidden]) {
    annotated(stage);
    stage.route('classed');
  }
  const ingressClasses = absent.api.unlearn('IngressClass');
  forbidden.api.forbid('IngressClass');
  const programs = await Promise.all([absent.start([], { shards: 1 }), forbidden.start([], { shards: 1 })]);
  const states = ['absent', 'forbidden'];
  for (const [i, komainu] of programs.entries()) {
    expect((await get(komainu, 'plain.test')).status).toBe(200);
    expect((await get(komainu, 'classed.test')).status).toBe(404);
    expect((await komainu.admin('/readyz')).status).toBe(200);
    expect(await lineOf(komainu, 'cluster/IngressClass')).toMatch(/^\[!\]cluster\/IngressClass warning: /);
    const metrics = await komainu.metrics();
    expect(metrics.get(`komainu_kubernetes_state{kind="IngressClass",state="${states[i]}"}`)).toBe(1);
    expect(komainu.log.filter(({ kind }) => kind === 'IngressClass')).toHaveLength(1);
  }
  const since = performance.now();
  absent.api.learn(ingressClasses);
  forbidden.api.allow('IngressClass');
  await Promise.all(programs.map((komainu) => answers(komainu, 'classed.test', 200, 45_000)));
  expect(performance.now() - since).toBeLessThan(35_000);
  for (const komainu of programs)
    expect(await lineOf(komainu, 'cluster/IngressClass')).toBe('[+]cluster/IngressClass ok');
});

test('Secrets that may not be read are a warning', async () => {
  await using stage = await startClusterStage();
  stage.route('a');
  stage.put(tlsSecret('a-tls'));
  stage.put(clusterIngress('a', [{ host: 'a.test', service: 'a' }], 'default', { tls: [{ secretName: 'a-tls' }] }));
  stage.api.forbid('Secret');
  const komainu = await stage.start();
  expect((await komainu.admin('/readyz')).status).toBe(200);
  expect(await lineOf(komainu, 'cluster/Secret')).toMatch(
    /^\[!\]cluster\/Secret warning: the API server lets us not read/,
  );
  expect((await komainu.api<{ refusals: unknown[] }>('refusals')).refusals).toEqual([]);
  stage.api.allow('Secret');
  await komainu.until(
    'they are read',
    async () => (await lineOf(komainu, 'cluster/Secret')) === '[+]cluster/Secret ok',
  );
});

test('an API server that goes away later is a warning, and what is served has an age', async () => {
  await using stage = await startClusterStage();
  stage.route('a');
  const komainu = await stage.start();
  expect((await komainu.metrics()).get('komainu_kubernetes_stale_seconds')).toBe(0);
  await stage.api.down();
  await komainu.until('it is told', async () => (await lineOf(komainu, 'cluster/Ingress'))?.startsWith('[!]'));
  expect((await komainu.admin('/readyz')).status).toBe(200);
  expect((await komainu.metrics()).get('komainu_kubernetes_stale_seconds')).toBeGreaterThan(0);
  expect((await get(komainu, 'a.test')).status).toBe(200);
  const { cluster } = await komainu.api<{ cluster: { server: string; kinds: { kind: string; state: string }[] } }>(
    'source',
  );
  expect(cluster.server).toBe(stage.api.url);
  expect(cluster.kinds.find(({ kind }) => kind === 'Service')?.state).toBe('waiting');
  await stage.api.up();
  await komainu.until('nothing is stale', async () => (await lineOf(komainu, 'cluster')) === '[+]cluster ok');
});
