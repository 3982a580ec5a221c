import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import type { KubeObject } from './support/cluster-client.ts';
import { ingress, ingressClass, namespaceObject, service, slice, within } from './support/objects.ts';
import { type Pod, startPod } from './support/pods.ts';
import { findProgram } from './support/programs.ts';
import { runTool } from './support/tools.ts';
import { startWriter, writesIn } from './support/writers.ts';

const STORM = 1_000;

let cluster: Cluster;
let pod: Pod;
beforeAll(async () => {
  cluster = await startCluster();
  pod = await startPod('web-1');
  await cluster.admin.apply(ingressClass(), ingressClass('nginx', 'k8s.io/ingress-nginx'));
});
afterAll(async () => {
  await pod?.stop();
  await cluster?.[Symbol.asyncDispose]();
});

const bad = (namespace: string, name: string, spec: object = {}): KubeObject =>
  within(namespace, [ingress(name, [{ host: `${name}.test`, service: 'missing' }], spec)])[0] as KubeObject;

const good = (namespace: string): readonly object[] =>
  within(namespace, [ingress('good', [{ host: 'good.test', service: 'web' }]), service('web'), slice('web', [pod])]);

const eventsIn = (namespace: string): Promise<readonly KubeObject[]> =>
  cluster.admin.list('events.k8s.io/v1', 'Event', namespace);

const told = async (namespace: string, count: number, deadlineMs = 30_000): Promise<readonly KubeObject[]> =>
  waitUntil(`${count} Events`, async () => (await eventsIn(namespace)).length >= count && eventsIn(namespace), {
    deadlineMs,
  });

test('each refusal is an Event on its object, and good objects and those of others have none', async () => {
  const namespace = 'told';
  await cluster.admin.apply(namespaceObject(namespace), ...good(namespace));
  await cluster.admin.apply(bad(namespace, 'theirs', { ingressClassName: 'nginx' }));
  const { komainu } = await startWriter(cluster, namespace, 'writer');
  await using _ = komainu;
  const [object] = await cluster.admin.apply(bad(namespace, 'bad'));
  const [event, ...others] = await told(namespace, 1);
  expect(others).toEqual([]);
  expect(event).toMatchObject({
    ...{ type: 'Warning', reason: 'ServiceMissing', action: 'Compile' },
    ...{ reportingController: 'komainu.dev/ingress-controller', reportingInstance: 'writer' },
    note: expect.stringMatching(/^spec\.rules\[0\]\.http\.paths\[0\]\.backend\.service\.name: .*missing/),
    regarding: {
      ...{ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', namespace, name: 'bad' },
      uid: object.metadata.uid,
    },
  });
});

test.skipIf(findProgram('kubectl') === undefined)('kubectl describe shows it', async () => {
  const namespace = 'described';
  await cluster.admin.apply(namespaceObject(namespace), bad(namespace, 'bad'));
  const { komainu } = await startWriter(cluster, namespace, 'writer');
  await using _ = komainu;
  await told(namespace, 1);
  const { stdout } = await runTool('kubectl', cluster.kubeconfig(), ['describe', 'ingress', 'bad', '-n', namespace]);
  expect(stdout).toMatch(/Warning\s+ServiceMissing\s+\S+\s+komainu\.dev\/ingress-controller\s+spec\.rules\[0\]/);
});

test('a refusal is told once, whoever leads and however often; one that comes back is counted', async () => {
  const namespace = 'once';
  const object = bad(namespace, 'bad');
  await cluster.admin.apply(namespaceObject(namespace), object);
  for (const name of ['first', 'second']) {
    const { komainu } = await startWriter(cluster, namespace, name);
    await using _ = komainu;
    await told(namespace, 1);
    await komainu.until('it has told', async () => {
      const metrics = await komainu.metrics();
      const outcome = name === 'first' ? 'written' : 'known';
      return metrics.get(`komainu_kubernetes_events_total{outcome="${outcome}"}`) === 1;
    });
    if (name === 'first') continue;
    await cluster.admin.apply(...within(namespace, [service('missing')]));
    await komainu.until(
      'it is mended',
      async () => !(await komainu.admin('/api/refusals')).text.includes('ServiceMissing'),
    );
    await cluster.admin.remove(...within(namespace, [service('missing')]));
    await waitUntil('it is counted', async () => (await eventsIn(namespace))[0]?.series?.count === 2);
  }
  expect(await eventsIn(namespace)).toHaveLength(1);
  expect(writesIn(cluster, namespace, 'events').map(({ by, what }) => `${by} ${what.split(' ')[0]}`)).toEqual([
    'first create',
    'second patch',
  ]);
});

test('what is mended at once is not told', async () => {
  const namespace = 'mended';
  await cluster.admin.apply(namespaceObject(namespace));
  const { komainu } = await startWriter(cluster, namespace, 'writer');
  await using _ = komainu;
  await cluster.admin.apply(...good(namespace)); // the Ingress comes before its Service
  await cluster.admin.apply(bad(namespace, 'bad'));
  const events = await told(namespace, 1);
  expect(events.map(({ regarding }) => regarding.name)).toEqual(['bad']);
});

test('of a thousand bad objects at once each is named, and of one with a thousand faults the first twenty', async () => {
  const namespace = 'storm';
  const names = Array.from({ length: STORM }, (_, i) => `bad-${i}`);
  const faults = Array.from({ length: 500 }, (_, i) => ({ host: `h${i}.test`, service: `missing-${i}` }));
  await cluster.admin.apply(namespaceObject(namespace));
  await cluster.admin.createAll([
    ...within(namespace, [ingress('worst', faults)]),
    ...names.map((name) => bad(namespace, name)),
  ]);
  const { komainu } = await startWriter(cluster, namespace, 'writer', ['--update-status=false']);
  await using _ = komainu;
  const count = async (outcome: string): Promise<number> =>
    (await komainu.metrics()).get(`komainu_kubernetes_events_total{outcome="${outcome}"}`) ?? 0;
  await expect.poll(() => count('written'), { interval: 500, timeout: 60_000 }).toBe(STORM + 20);
  const writes = writesIn(cluster, namespace, 'events');
  const spentMs =
    Math.max(...writes.map(({ doneMs }) => doneMs)) - Math.min(...writes.map(({ receivedMs }) => receivedMs));
  const eachMs = writes.reduce((sum, { receivedMs, doneMs }) => sum + doneMs - receivedMs, 0) / writes.length;
  console.log(`${writes.length} Events within ${spentMs} ms; the API server took ${eachMs.toFixed(1)} ms for each`);
  const regarded = (await eventsIn(namespace)).map(({ regarding }) => regarding.name as string);
  expect(new Set(regarded)).toEqual(new Set([...names, 'worst']));
  expect(regarded.filter((name) => name === 'worst')).toHaveLength(20);
  expect(await count('refused')).toBe(0);
  expect(await count('dropped')).toBe(480);
});

test('an Event of the longest names and notes is taken by the API server', async () => {
  const namespace = 'long';
  const name = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`;
  const host = `${'h'.repeat(63)}.${'i'.repeat(63)}.${'j'.repeat(63)}.${'k'.repeat(59)}`;
  const paths = [
    { path: `/${'é'.repeat(900)}`, pathType: 'Prefix', backend: { service: { name: 'x', port: { number: 1 } } } },
  ];
  const spec = { ingressClassName: 'komainu', rules: [{ host, http: { paths: [...paths, ...paths] } }] };
  const object = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name, namespace }, spec };
  await cluster.admin.apply(namespaceObject(namespace), object);
  const { komainu } = await startWriter(cluster, namespace, 'writer');
  await using _ = komainu;
  const events = await told(namespace, 1);
  expect(events.every(({ note }) => Buffer.byteLength(note) <= 1_024)).toBe(true);
  expect((await komainu.metrics()).get('komainu_kubernetes_events_total{outcome="refused"}')).toBe(0);
});
