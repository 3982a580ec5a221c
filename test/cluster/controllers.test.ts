import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Komainu } from '../support/start-komainu.ts';
import { untilAnswers } from './support/ask-pod.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { makeNode, tellPod } from './support/nodes.ts';
import { ingress, ingressClass, service } from './support/objects.ts';
import { type Pod, startPod } from './support/pods.ts';
import { findProgram } from './support/programs.ts';
import { startInCluster } from './support/start-in-cluster.ts';
import { Traffic } from './support/traffic.ts';

describe.skipIf(findProgram('kube-controller-manager') === undefined)('endpoints by kube-controller-manager', () => {
  let cluster: Cluster;
  let komainu: Komainu;
  beforeAll(async () => {
    cluster = await startCluster({ controllers: true });
    await cluster.admin.apply(ingressClass());
    await makeNode(cluster.admin, 'node-1');
    komainu = await startInCluster({ kubeconfig: cluster.kubeconfig() });
  });
  afterAll(async () => {
    await komainu?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  test('a rolling update, pod by pod, loses nothing', async () => {
    const place = { node: 'node-1', labels: { app: 'roll' } };
    const ports = [{ name: 'http', port: 80, targetPort: 8080 }];
    await cluster.admin.apply(
      ingress('roll', [{ host: 'roll.test', service: 'roll' }]),
      service('roll', { clusterIP: undefined, selector: { app: 'roll' }, ports }),
    );
    const old = [await startPod('old-0'), await startPod('old-1'), await startPod('old-2')];
    for (const pod of old) await tellPod(cluster.admin, pod, place);
    for (const pod of old) await untilAnswers(komainu, 'roll.test', pod.name);
    const fresh = ['new-0', 'new-1', 'new-2'];
    const pods = [...old.map(({ name }) => name), ...fresh];
    const traffic = new Traffic(komainu.port(), [{ host: 'roll.test', pods }]);
    for (const [index, name] of fresh.entries()) {
      await tellPod(cluster.admin, await startPod(name), place);
      await untilAnswers(komainu, 'roll.test', name);
      const leaving = old[index];
      await cluster.admin.remove({ apiVersion: 'v1', kind: 'Pod', metadata: { name: leaving.name } });
      await untilLeft(leaving);
      await leaving.stop();
    }
    await traffic.more(200);
    expect((await traffic.stop()).wrong).toEqual([]);
  });

  /** No shard picks it any more. */
  async function untilLeft({ name, address }: Pod): Promise<void> {
    const left = async (): Promise<boolean> => {
      const { backends } = await komainu.api<{ backends: { endpoints: { address: string }[] }[] }>('backends');
      const metrics = await komainu.metrics();
      const programmed = metrics.get('komainu_generation_programmed') === metrics.get('komainu_generation_current');
      return programmed && !backends.some(({ endpoints }) => endpoints.some((one) => one.address === address));
    };
    await komainu.until(`${name} is left`, left, 30_000);
  }
});
