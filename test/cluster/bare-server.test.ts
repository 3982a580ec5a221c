import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { get } from '../support/raw-client.ts';
import { waitUntil } from '../support/wait-until.ts';
import { grant, makeAccount } from './support/accounts.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { makeNode, tellPod } from './support/nodes.ts';
import { ingressClass, service, site, slice } from './support/objects.ts';
import { POD_PORT, startPod } from './support/pods.ts';
import { findProgram } from './support/programs.ts';
import { runTool } from './support/tools.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

test('objects are applied, read, patched and removed', async () => {
  await using pod = await startPod('web-1');
  const objects = [ingressClass(), ...site('web', 'web.test', [pod])];
  const applied = await cluster.admin.apply(...objects);
  expect(applied.map(({ kind }) => kind)).toEqual(['IngressClass', 'Ingress', 'Service', 'EndpointSlice']);
  expect(await cluster.admin.get(objects[1])).toMatchObject({ spec: { rules: [{ host: 'web.test' }] } });
  await cluster.admin.patch(objects[1], { status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } }, 'status');
  await cluster.admin.until('it has an address', objects[1], ({ status }) => status.loadBalancer.ingress.length === 1);
  await cluster.admin.remove(...objects);
  expect(await cluster.admin.get(objects[1])).toBeUndefined();
});

test('the server refuses what only a real one refuses, and says why', async () => {
  const refused = cluster.admin.apply(slice('web', [{ address: '127.0.0.1', port: 80 }]));
  await expect(refused).rejects.toThrow(/422 .*loopback/);
});

test('many objects are made at once', async () => {
  const names = Array.from({ length: 200 }, (_, i) => `many-${i}`);
  await cluster.admin.createAll(names.map((name) => service(name)));
  const there = (await cluster.admin.list('v1', 'Service')).map(({ metadata }) => metadata.name);
  expect(there).toEqual(expect.arrayContaining(names));
});

test('an account may do what it is granted and nothing else, and the audit log tells both', async () => {
  const account = await makeAccount(cluster, 'narrow', 'reader');
  await grant(cluster, account, [{ apiGroups: [''], resources: ['services'], verbs: ['get', 'list'] }]);
  const list = async (): Promise<number> => (await account.client.call('GET', '/api/v1/services')).status;
  await waitUntil('the grant is in force', async () => (await list()) === 200);
  await expect(account.client.list('v1', 'Secret')).rejects.toThrow(/403 .*secrets is forbidden/);
  const calls = cluster.audit().filter(({ user }) => user.username === account.username);
  expect(calls.map(({ verb, objectRef, responseStatus }) => [verb, objectRef?.resource, responseStatus?.code])).toEqual(
    expect.arrayContaining([
      ['list', 'services', 200],
      ['list', 'secrets', 403],
    ]),
  );
});

test('pods listen on addresses of the pod network and say who they are', async () => {
  await using one = await startPod('one');
  await using two = await startPod('two', { ipv6: true });
  for (const pod of [one, two]) {
    const answer = await fetch(
      `http://${pod.address.includes(':') ? `[${pod.address}]` : pod.address}:${POD_PORT}/a?b`,
    );
    expect(await answer.json()).toMatchObject({ pod: pod.name, method: 'GET', target: '/a?b' });
  }
  await one.stop();
  await expect(fetch(`http://${one.address}:${POD_PORT}/`)).rejects.toThrow();
  await expect(get(POD_PORT, 'one.test')).rejects.toThrow(); // nobody listens on loopback
});

test('the server and etcd come back with what they knew', async () => {
  await cluster.admin.apply(service('kept'));
  await cluster.apiServer.kill();
  await cluster.etcd.kill();
  cluster.startEtcd();
  await cluster.startApiServer();
  expect(await cluster.admin.get(service('kept'))).toBeDefined();
});

test('a server that is frozen does not answer, and goes on when it is thawed', async () => {
  cluster.apiServer.freeze();
  const answer = cluster.admin.call('GET', '/readyz');
  const first = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 300, 'nothing'))]);
  expect(first).toBe('nothing');
  cluster.apiServer.thaw();
  expect((await answer).status).toBe(200);
});

test.skipIf(findProgram('kubectl') === undefined)('kubectl reaches the server', async () => {
  const told = await runTool('kubectl', cluster.kubeconfig(), ['get', 'namespace', 'default', '-o', 'name']);
  expect(told).toEqual({ code: 0, stdout: 'namespace/default\n', stderr: '' });
});

test.skipIf(findProgram('helm') === undefined)('helm reaches the server', async () => {
  const told = await runTool('helm', cluster.kubeconfig(), ['list', '--all-namespaces', '-o', 'json']);
  expect(told).toMatchObject({ code: 0, stdout: '[]\n' });
});

describe.skipIf(findProgram('kube-controller-manager') === undefined)('with controllers', () => {
  test('pods that are ready become endpoints of their Service', async () => {
    cluster.startControllers();
    await using pod = await startPod('real-1');
    await cluster.admin.apply(service('real', { selector: { app: 'real' } }));
    await makeNode(cluster.admin, 'node-1');
    await tellPod(cluster.admin, pod, { node: 'node-1', labels: { app: 'real' } });
    const slices = async (): Promise<string | undefined> => {
      const all = await cluster.admin.list('discovery.k8s.io/v1', 'EndpointSlice', 'default');
      const own = all.find(({ metadata }) => metadata.labels['kubernetes.io/service-name'] === 'real');
      return own?.endpoints?.[0]?.addresses[0];
    };
    expect(await waitUntil('the slice', slices, { deadlineMs: 30_000 })).toBe(pod.address);
  });
});
