import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Komainu } from '../support/start-komainu.ts';
import { askPod, untilAnswers } from './support/ask-pod.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { ingress, ingressClass, namespaceObject, site, slice, within } from './support/objects.ts';
import { startPod } from './support/pods.ts';
import { startInCluster } from './support/start-in-cluster.ts';

let cluster: Cluster;
let komainu: Komainu;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.admin.apply(ingressClass());
  komainu = await startInCluster({ kubeconfig: cluster.kubeconfig() });
});
afterAll(async () => {
  await komainu?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

test('an Ingress that is applied is served, follows its changes, and is gone when it is removed', async () => {
  await using one = await startPod('one');
  await using two = await startPod('two');
  const objects = site('web', 'web.test', [one]);
  await cluster.admin.apply(...objects);
  await untilAnswers(komainu, 'web.test', 'one');
  await cluster.admin.apply(slice('web', [two]));
  await untilAnswers(komainu, 'web.test', 'two');
  await cluster.admin.apply(ingress('web', [{ host: 'moved.test', service: 'web' }]));
  await untilAnswers(komainu, 'moved.test', 'two');
  expect(await askPod(komainu, 'web.test')).toBe(404);
  await cluster.admin.remove(objects[0]);
  await untilAnswers(komainu, 'moved.test', 404);
});

test('objects may come in any order', async () => {
  await using pod = await startPod('late');
  const [route, backend, endpoints] = site('late', 'late.test', [pod]);
  await cluster.admin.apply(endpoints, route);
  await untilAnswers(komainu, 'late.test', 503);
  await cluster.admin.apply(backend);
  await untilAnswers(komainu, 'late.test', 'late');
});

test('an endpoint that is not ready gets nothing', async () => {
  await using one = await startPod('ready-1');
  await using two = await startPod('ready-2');
  await cluster.admin.apply(...site('ready', 'ready.test', [one, two]));
  await untilAnswers(komainu, 'ready.test', 'ready-2');
  const conditions = [{ ready: true }, { ready: false }];
  const endpoints = [one, two].map(({ address }, i) => ({ addresses: [address], conditions: conditions[i] }));
  await cluster.admin.patch(slice('ready', [one]), { endpoints });
  const { requests } = await settled('ready.test', 'ready-1', two);
  for (let i = 0; i < 20; i++) expect(await askPod(komainu, 'ready.test')).toBe('ready-1');
  expect(two.requests).toBe(requests);
});

/** Waits until one pod has answered several times in a row, while the other has not. */
async function settled(host: string, pod: string, other: { requests: number }): Promise<{ requests: number }> {
  return await komainu.until('only one answers', async () => {
    const { requests } = other;
    for (let i = 0; i < 8; i++) if ((await askPod(komainu, host)) !== pod) return undefined;
    return other.requests === requests && { requests };
  });
}

test('each namespace has its own Services', async () => {
  await using red = await startPod('red');
  await using blue = await startPod('blue');
  await cluster.admin.apply(namespaceObject('red'), namespaceObject('blue'));
  await cluster.admin.apply(
    ...within('red', site('shop', 'red.test', [red])),
    ...within('blue', site('shop', 'blue.test', [blue])),
  );
  await untilAnswers(komainu, 'red.test', 'red');
  await untilAnswers(komainu, 'blue.test', 'blue');
});

test('an Ingress of another class is left alone, and one whose class becomes ours is served', async () => {
  await using pod = await startPod('class');
  const [, ...rest] = site('class', 'class.test', [pod]);
  const lines = [{ host: 'class.test', service: 'class' }];
  await cluster.admin.apply(ingressClass('theirs', 'example.com/other'), ...rest);
  await cluster.admin.apply(ingress('class', lines, { ingressClassName: 'theirs' }));
  await cluster.admin.apply(...site('class-mark', 'class-mark.test', [pod]));
  await untilAnswers(komainu, 'class-mark.test', 'class');
  expect(await askPod(komainu, 'class.test')).toBe(404);
  await cluster.admin.apply(ingress('class', lines));
  await untilAnswers(komainu, 'class.test', 'class');
});

test('IPv6 endpoints are reached', async () => {
  await using pod = await startPod('six', { ipv6: true });
  await cluster.admin.apply(...site('six', 'six.test', [pod]));
  await untilAnswers(komainu, 'six.test', 'six');
});

test('two processes serve the same', async () => {
  await using pod = await startPod('both');
  await using other = await startInCluster({ kubeconfig: cluster.kubeconfig(), podName: 'other' });
  await cluster.admin.apply(...site('both', 'both.test', [pod]));
  await untilAnswers(komainu, 'both.test', 'both');
  await untilAnswers(other, 'both.test', 'both');
});

test('what is not done is told with its object and field', async () => {
  await cluster.admin.apply(ingress('nowhere', [{ host: 'nowhere.test', service: 'nowhere' }]));
  const refusal = await komainu.until('the refusal', async () => {
    const { refusals } = await komainu.api<{ refusals: { object: { name: string } | null }[] }>('refusals');
    return refusals.find(({ object }) => object?.name === 'nowhere');
  });
  expect(refusal).toMatchObject({
    object: { kind: 'Ingress', namespace: 'default', name: 'nowhere' },
    field: 'spec.rules[0].http.paths[0].backend.service.name',
    reason: 'ServiceMissing',
  });
});
