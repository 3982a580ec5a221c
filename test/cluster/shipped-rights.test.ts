import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { get } from '../support/raw-client.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import type { KubeObject } from './support/cluster-client.ts';
import { ingress, namespaceObject, service, slice, within } from './support/objects.ts';
import { type Pod, startPod } from './support/pods.ts';
import { findProgram } from './support/programs.ts';
import { renderFolder } from './support/rendered.ts';
import { rightsOf, startShipped, usesOf } from './support/shipped.ts';

const tls = { tls: [{ hosts: ['web.test'], secretName: 'web-tls' }] };

let cluster: Cluster;
let pod: Pod;

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

async function apply(objects: readonly KubeObject[]): Promise<void> {
  await cluster.admin.apply(...objects.filter(({ kind }) => acts.has(kind)));
}

describe.skipIf(findProgram('kubectl') === undefined)('with the rights that are shipped, and no others,', () => {
  beforeAll(async () => {
    cluster = await startCluster();
    pod = await startPod('web-1');
    const web = [ingress('web', [{ host: 'web.test', service: 'web' }], tls), service('web'), slice('web', [pod])];
    await cluster.admin.apply(namespaceObject('shop'), ...within('shop', web));
  });
  afterAll(async () => {
    await pod?.stop();
    await cluster?.[Symbol.asyncDispose]();
  });

  test('a worker serves, is refused nothing and makes use of each', async () => {
    const objects = await renderFolder(cluster.kubeconfig(), join('overlays', 'cluster'));
    await apply(objects);
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
});
