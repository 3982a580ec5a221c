import { afterAll, beforeAll } from 'vitest';
import type { KubeObject } from '../ingress/case.ts';
import { describeCases } from '../ingress/describe-cases.ts';
import { ObjectKeeper } from '../ingress/object-keeper.ts';
import { startPods } from '../ingress/pods.ts';
import type { World } from '../ingress/world.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { namespaceObject } from './support/objects.ts';
import { startInCluster } from './support/start-in-cluster.ts';

/** What the Kubernetes documentation says of Ingress (`test/ingress`), with the API server that it is written for. */

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

/** What stands in a namespace needs it first; nobody takes the namespaces away again. */
function newKeeper(): ObjectKeeper {
  const namespaces = new Set<string>();
  return new ObjectKeeper({
    async put(object: KubeObject) {
      const { namespace } = object.metadata;
      if (namespace !== undefined && !namespaces.has(namespace)) await cluster.admin.apply(namespaceObject(namespace));
      if (namespace !== undefined) namespaces.add(namespace);
      await cluster.admin.apply(object);
    },
    remove: (object) => cluster.admin.remove(object),
  });
}

describeCases('cluster', async (flags): Promise<World> => {
  const pods = await startPods('10.244.0', 'fd00:10:244::f');
  const kubeconfig = cluster.kubeconfig();
  const komainu = await startInCluster({ kubeconfig, shards: 1, args: flags, env: pods.environment });
  const keeper = newKeeper();
  return {
    place: 'cluster',
    komainu,
    pods,
    have: (objects) => keeper.bring(objects),
    async [Symbol.asyncDispose]() {
      await keeper.bring([]);
      await komainu[Symbol.asyncDispose]();
      await pods[Symbol.asyncDispose]();
    },
  };
});
