import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { get } from '../support/raw-client.ts';
import type { Komainu } from '../support/start-komainu.ts';
import { may } from './support/access.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import type { KubeObject } from './support/cluster-client.ts';
import { makeNode } from './support/nodes.ts';
import { ingress, namespaceObject, service, slice, within } from './support/objects.ts';
import { type Pod, startPod } from './support/pods.ts';
import { findProgram } from './support/programs.ts';
import { NAMESPACE, podOf, renderChart, renderFolder, setUps } from './support/rendered.ts';
import { rightsOf, startShipped, usesOf } from './support/shipped.ts';

const tls = { tls: [{ hosts: ['web.test'], secretName: 'web-tls' }] };

let cluster: Cluster;
let pod: Pod;
let pods = 0;
const [web] = within('shop', [ingress('web', [{ host: 'web.test', service: 'web' }], tls)]);

/** Of the manifests, what the API server itself acts upon. */
const acts = new Set([
  'Namespace',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'IngressClass',
  'Service',
]);

/** Disposed of, all but the namespace goes again: what one test grants is nothing to the next. */
async function applied(objects: readonly KubeObject[]): Promise<AsyncDisposable> {
  const acting = objects.filter(({ kind }) => acts.has(kind));
  await cluster.admin.apply(...acting);
  const passing = acting.filter(({ kind }) => kind !== 'Namespace');
  return { [Symbol.asyncDispose]: () => cluster.admin.remove(...passing) };
}

const tools = findProgram('kubectl') !== undefined && findProgram('helm') !== undefined;

describe.skipIf(!tools)('with the rights that are shipped, and no others,', () => {
  beforeAll(async () => {
    cluster = await startCluster();
    pod = await startPod('web-1');
    const shop = [web, ...within('shop', [service('web'), slice('web', [pod])])];
    const blog = [ingress('blog', [{ host: 'blog.test', service: 'web' }]), service('web'), slice('web', [pod])];
    await cluster.admin.apply(namespaceObject('shop'), ...shop);
    await cluster.admin.apply(namespaceObject('blog'), ...within('blog', blog));
  });
  afterAll(async () => {
    await pod?.stop();
    await cluster?.[Symbol.asyncDispose]();
  });

  test('a worker serves, is refused nothing and makes use of each', async () => {
    const objects = await renderFolder(cluster.kubeconfig(), join('overlays', 'cluster'));
    await using _ = await applied(objects);
    await using worker = await startShipped(cluster, objects, 'komainu-worker', 'komainu-worker-1');
    expect((await get(worker.port(), 'web.test')).status).toBe(200);
    expect((await worker.admin('/readyz?verbose')).text).not.toContain('[!]');
    const rights = rightsOf('komainu-worker', objects);
    await worker.until('it has made use of each right', () => {
      const { used } = usesOf('komainu-worker', cluster.audit());
      return [...rights].every((right) => used.has(right));
    });
    const { used, refused } = usesOf('komainu-worker', cluster.audit());
    expect(refused).toEqual([]);
    expect([...used].sort()).toEqual([...rights].sort());
  });

  test('a leader tells the nodes of the workers, says what is refused, is refused nothing and makes use of each', async () => {
    const objects = await renderFolder(cluster.kubeconfig(), join('overlays', 'cluster-baremetal'));
    await using _ = await applied(objects);
    await standOn('komainu-leader', 'node-1', '10.2.2.40', objects);
    await standOn('komainu-worker', 'node-2', '10.2.2.41', objects);
    const [route, target] = within('shop', [
      ingress('lost', [{ host: 'lost.test', service: 'lost' }]),
      service('lost'),
    ]);
    await cluster.admin.apply(route);
    await using leader = await startShipped(cluster, objects, 'komainu-leader', 'komainu-leader-0');
    const told = ({ status }: KubeObject): boolean => status.loadBalancer?.ingress?.[0]?.ip === '10.2.2.41';
    await cluster.admin.until('the Ingress has the address of the node of the workers', web, told, 30_000);
    await leader.until('the Event is there', async () => (await eventsOf('lost')).length === 1);
    await cluster.admin.apply(target);
    await leader.until('nothing is refused', async () => (await refusalsOf(leader)) === 0);
    await cluster.admin.remove(target);
    await leader.until('it has happened again', async () => (await eventsOf('lost'))[0]?.series?.count === 2);
    expect((await get(leader.port(), 'web.test')).status).toBe(404); // the workers' host
    const rights = rightsOf('komainu-leader', objects);
    await leader.until('it has made use of each right', () => {
      const { used } = usesOf('komainu-leader', cluster.audit());
      return [...rights].every((right) => used.has(right));
    });
    const { used, refused } = usesOf('komainu-leader', cluster.audit());
    expect(refused).toEqual([]);
    expect([...used].sort()).toEqual([...rights].sort());
  });

  test.each([
    ['namespaces', 'namespaces={shop}'],
    ['namespaceSelector', 'namespaceSelector=kubernetes.io/metadata.name=shop'],
  ])('the chart with %s serves what it may read and is refused nothing', async (_key, value) => {
    const objects = await renderChart(cluster.kubeconfig(), [...setUps.simple, value]);
    await using _ = await applied(objects);
    await using komainu = await startShipped(cluster, objects, 'komainu', `komainu-${++pods}`);
    expect((await get(komainu.port(), 'web.test')).status).toBe(200);
    expect((await get(komainu.port(), 'blog.test')).status).toBe(404);
    const balancer = objects.find(({ kind, spec }) => kind === 'Service' && spec.type === 'LoadBalancer') as KubeObject;
    const ip = `192.0.2.${pods}`;
    await cluster.admin.patch(balancer, { status: { loadBalancer: { ingress: [{ ip }] } } }, 'status');
    const told = ({ status }: KubeObject): boolean => status.loadBalancer?.ingress?.[0]?.ip === ip;
    await cluster.admin.until('the Ingress has the address of the balancer', web, told, 60_000);
    expect((await komainu.admin('/readyz?verbose')).text).not.toContain('[!]');
    expect(usesOf('komainu', cluster.audit()).refused).toEqual([]);
    const everywhere = { namespace: NAMESPACE, name: 'komainu' };
    const list = { verb: 'list', group: 'networking.k8s.io', resource: 'ingresses' };
    expect(await may(cluster.admin, everywhere, list)).toBe(value.startsWith('namespaceSelector'));
    const published = { verb: 'watch', resource: 'services', namespace: NAMESPACE, name: 'komainu-external-service' };
    expect(await may(cluster.admin, everywhere, published)).toBe(true);
  });
});

/** The pod of a workload, ready on a node of its own. */
async function standOn(workload: string, node: string, address: string, objects: readonly KubeObject[]): Promise<void> {
  await makeNode(cluster.admin, node, [{ type: 'InternalIP', address }]);
  const pod = podOf(objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === workload)!);
  await cluster.admin.apply({ ...pod, spec: { ...pod.spec, nodeName: node } });
  const conditions = [{ type: 'Ready', status: 'True' }];
  await cluster.admin.patch(pod, { status: { phase: 'Running', conditions } }, 'status');
}

async function eventsOf(ingressName: string): Promise<readonly KubeObject[]> {
  const events = await cluster.admin.list('events.k8s.io/v1', 'Event', 'shop');
  return events.filter(({ regarding }) => regarding.name === ingressName);
}

const refusalsOf = async (komainu: Komainu): Promise<number> =>
  (await komainu.api<{ refusals: readonly object[] }>('refusals')).refusals.filter((one) =>
    JSON.stringify(one).includes('lost'),
  ).length;
