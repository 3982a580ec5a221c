import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { get } from '../support/raw-client.ts';
import { may } from './support/access.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import type { KubeObject } from './support/cluster-client.ts';
import { ingress, namespaceObject, service, slice, within } from './support/objects.ts';
import { type Pod, startPod } from './support/pods.ts';
import { findProgram } from './support/programs.ts';
import { NAMESPACE, renderChart, renderFolder, setUps } from './support/rendered.ts';
import { rightsOf, startShipped, usesOf } from './support/shipped.ts';

const tls = { tls: [{ hosts: ['web.test'], secretName: 'web-tls' }] };

let cluster: Cluster;
let pod: Pod;
let pods = 0;

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
    const web = [ingress('web', [{ host: 'web.test', service: 'web' }], tls), service('web'), slice('web', [pod])];
    const blog = [ingress('blog', [{ host: 'blog.test', service: 'web' }]), service('web'), slice('web', [pod])];
    await cluster.admin.apply(namespaceObject('shop'), ...within('shop', web));
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

  test.each([
    ['namespaces', 'namespaces={shop}'],
    ['namespaceSelector', 'namespaceSelector=kubernetes.io/metadata.name=shop'],
  ])('the chart with %s serves what it may read and is refused nothing', async (_key, value) => {
    const objects = await renderChart(cluster.kubeconfig(), [...setUps.simple, value]);
    await using _ = await applied(objects);
    await using komainu = await startShipped(cluster, objects, 'komainu', `komainu-${++pods}`);
    expect((await get(komainu.port(), 'web.test')).status).toBe(200);
    expect((await get(komainu.port(), 'blog.test')).status).toBe(404);
    expect((await komainu.admin('/readyz?verbose')).text).not.toContain('[!]');
    expect(usesOf('komainu', cluster.audit()).refused).toEqual([]);
    const everywhere = { namespace: NAMESPACE, name: 'komainu' };
    const list = { verb: 'list', group: 'networking.k8s.io', resource: 'ingresses' };
    expect(await may(cluster.admin, everywhere, list)).toBe(value.startsWith('namespaceSelector'));
    const published = { verb: 'watch', resource: 'services', namespace: NAMESPACE, name: 'komainu-external-service' };
    expect(await may(cluster.admin, everywhere, published)).toBe(true);
  });
});
