import { afterAll, beforeAll, expect, test } from 'vitest';
import { askPod, untilAnswers } from './support/ask-pod.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { ingressClass, namespaceObject, site, within } from './support/objects.ts';
import { type Pod, startPod } from './support/pods.ts';
import { startInCluster } from './support/start-in-cluster.ts';
import { Traffic } from './support/traffic.ts';

let cluster: Cluster;
let pod: Pod;

beforeAll(async () => {
  cluster = await startCluster({ controllers: true });
  pod = await startPod('web');
  await cluster.admin.apply(ingressClass());
  for (const name of ['red', 'blue', 'green']) await cluster.admin.apply(...siteIn(name));
});
afterAll(async () => {
  await pod?.stop();
  await cluster?.[Symbol.asyncDispose]();
});

/** A namespace, and in it the host of its name. */
const siteIn = (name: string, labels: Readonly<Record<string, string>> = {}): readonly object[] => [
  namespaceObject(name, labels),
  ...within(name, site('web', `${name}.test`, [pod])),
];

const label = async (name: string, labels: object): Promise<void> =>
  void (await cluster.admin.patch(namespaceObject(name), { metadata: { labels } }));

test('of a list of namespaces nothing else is served, and one of them may come later', async () => {
  const args = ['--namespaces', 'red,later'];
  await using komainu = await startInCluster({ kubeconfig: cluster.kubeconfig(), args });
  await untilAnswers(komainu, 'red.test', 'web');
  expect(await askPod(komainu, 'blue.test')).toBe(404);
  await cluster.admin.apply(...siteIn('later'));
  await untilAnswers(komainu, 'later.test', 'web');
  expect(await askPod(komainu, 'blue.test')).toBe(404);
});

test('a namespace is served as long as it has the labels, and the others do not notice', async () => {
  await label('red', { team: 'shop' });
  const args = ['--namespace-selector', 'team=shop,stage!=test'];
  await using komainu = await startInCluster({ kubeconfig: cluster.kubeconfig(), args });
  await untilAnswers(komainu, 'red.test', 'web');
  const traffic = new Traffic(komainu.port(), [{ host: 'red.test', pods: ['web'] }]);
  expect(await askPod(komainu, 'blue.test')).toBe(404);
  await label('blue', { team: 'shop' });
  await untilAnswers(komainu, 'blue.test', 'web');
  await label('blue', { stage: 'test' });
  await untilAnswers(komainu, 'blue.test', 404);
  await cluster.admin.apply(...siteIn('fresh', { team: 'shop' }));
  await untilAnswers(komainu, 'fresh.test', 'web');
  await cluster.admin.remove(namespaceObject('fresh'));
  await untilAnswers(komainu, 'fresh.test', 404);
  expect((await traffic.stop()).wrong).toEqual([]);
});

test('of Ingresses only those with the labels are served, and their Services need none', async () => {
  const route = within('green', site('web', 'green.test', [pod]))[0];
  await using komainu = await startInCluster({
    kubeconfig: cluster.kubeconfig(),
    args: ['--namespaces', 'green', '--label-selector', 'edge=public'],
  });
  expect(await askPod(komainu, 'green.test')).toBe(404);
  await cluster.admin.patch(route, { metadata: { labels: { edge: 'public' } } });
  await untilAnswers(komainu, 'green.test', 'web');
  await cluster.admin.patch(route, { metadata: { labels: { edge: 'private' } } });
  await untilAnswers(komainu, 'green.test', 404);
});
