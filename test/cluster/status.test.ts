import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import type { KubeObject } from './support/cluster-client.ts';
import { makeNode, tellPod } from './support/nodes.ts';
import { ingress, ingressClass, namespaceObject, service, within } from './support/objects.ts';
import { startWriter, writesIn } from './support/writers.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.admin.apply(ingressClass(), ingressClass('nginx', 'k8s.io/ingress-nginx'));
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

const web = (namespace: string, name = 'web', spec: object = {}): KubeObject =>
  within(namespace, [ingress(name, [{ host: `${name}.test`, service: 'web' }], spec)])[0] as KubeObject;

const balancer = (namespace: string, name = 'edge', spec: object = {}): KubeObject => {
  const ports = [{ name: 'http', port: 80 }];
  const clusterIP = undefined; // one of the cluster's
  return within(namespace, [service(name, { type: 'LoadBalancer', clusterIP, ports, ...spec })])[0] as KubeObject;
};

/** `192.0.2.1 lb.example` */
const shown = ({ status }: KubeObject): string =>
  (status?.loadBalancer?.ingress ?? [])
    .map(({ ip, hostname }: { ip?: string; hostname?: string }) => ip ?? hostname)
    .join(' ');

const until = (object: KubeObject, addresses: string): Promise<KubeObject> =>
  cluster.admin.until(`the status is ${addresses}`, object, (one) => shown(one) === addresses);

const setBalancer = (object: KubeObject, ...entries: object[]): Promise<KubeObject> =>
  cluster.admin.patch(object, { status: { loadBalancer: { ingress: entries } } }, 'status');

const patchesOf = (namespace: string, name: string): number =>
  writesIn(cluster, namespace, 'ingresses').filter(({ what }) => what === `patch ${name}`).length;

/** Later changes have been written, so nothing more comes of earlier ones. */
async function settle(namespace: string, addresses: string): Promise<void> {
  const last = web(namespace, `last-${Math.random().toString(36).slice(2, 8)}`);
  await cluster.admin.apply(last);
  await until(last, addresses);
}

/** The object as the server stores it, whole. */
const bytesOf = async (object: KubeObject): Promise<string> => JSON.stringify(await cluster.admin.get(object));

test('the status follows the load balancer of a Service, with one write for each change', async () => {
  const namespace = 'follows';
  const [edge, one] = [balancer(namespace), web(namespace)];
  await cluster.admin.apply(namespaceObject(namespace), edge, one);
  const { komainu } = await startWriter(cluster, namespace, 'writer', ['--publish-service', `${namespace}/edge`]);
  await using _ = komainu;
  await setBalancer(edge, { ip: '192.0.2.1' });
  await until(one, '192.0.2.1');
  await setBalancer(edge, { ip: '192.0.2.3' }, { hostname: 'lb.example' }, { ip: '192.0.2.2' });
  const written = await until(one, 'lb.example 192.0.2.2 192.0.2.3');
  expect(written.metadata.managedFields).toContainEqual(
    expect.objectContaining({ manager: 'komainu', operation: 'Apply', subresource: 'status' }),
  );
  await setBalancer(edge, { ip: '192.0.2.2' }, { ip: '192.0.2.3' }, { hostname: 'lb.example' });
  await settle(namespace, 'lb.example 192.0.2.2 192.0.2.3');
  expect(patchesOf(namespace, 'web')).toBe(2);
  expect((await cluster.admin.get(one))?.metadata.resourceVersion).toBe(written.metadata.resourceVersion);
  await setBalancer(edge);
  await until(one, '');
  await cluster.admin.patch(edge, { spec: { externalIPs: ['198.51.100.7'] } });
  await until(one, '198.51.100.7');
  await cluster.admin.patch(edge, { spec: { type: 'ExternalName', externalName: 'edge.example', externalIPs: null } });
  await until(one, 'edge.example');
  expect(patchesOf(namespace, 'web')).toBe(5);
});

test('an Ingress that changes its class loses our addresses, and gets them with the next one', async () => {
  const namespace = 'classes';
  const one = web(namespace);
  await cluster.admin.apply(
    namespaceObject(namespace),
    ingressClass('mine'),
    web(namespace, 'web', { ingressClassName: 'mine' }),
  );
  const { komainu } = await startWriter(cluster, namespace, 'writer', ['--publish-address', '192.0.2.1']);
  await using _ = komainu;
  await until(one, '192.0.2.1');
  await cluster.admin.apply(web(namespace, 'web', { ingressClassName: 'nginx' }));
  const cleared = await until(one, '');
  expect(JSON.stringify(cleared.metadata.managedFields)).not.toContain('komainu');
  await cluster.admin.apply(web(namespace, 'web', { ingressClassName: 'mine' }));
  await until(one, '192.0.2.1');
  await cluster.admin.remove(ingressClass('mine'));
  await until(one, '');
  await cluster.admin.apply(ingressClass('mine'));
  await until(one, '192.0.2.1');
  await cluster.admin.remove(ingressClass('mine'));
  await cluster.admin.apply(ingressClass('mine', 'example.com/another'));
  await until(one, '');
  await settle(namespace, '192.0.2.1');
  expect(patchesOf(namespace, 'web')).toBe(6);
});

test('the Ingresses of other controllers stay as they are, to the byte', async () => {
  const namespace = 'others';
  const theirs = [
    web(namespace, 'named', { ingressClassName: 'nginx' }),
    web(namespace, 'classless', { ingressClassName: undefined }),
    web(namespace, 'nobodys', { ingressClassName: 'no-such-class' }),
  ];
  await cluster.admin.apply(namespaceObject(namespace), ...theirs);
  for (const one of theirs) await setBalancer(one, { ip: '192.0.2.1' }, { hostname: 'theirs.example' });
  const before = await Promise.all(theirs.map(bytesOf));
  const { komainu } = await startWriter(cluster, namespace, 'writer');
  await using _ = komainu;
  await settle(namespace, '192.0.2.1');
  await komainu.stop();
  expect(await Promise.all(theirs.map(bytesOf))).toEqual(before);
});

test('entries of others in an Ingress of ours stay with all their fields, also when the addresses and the leader change', async () => {
  const namespace = 'entries';
  const one = web(namespace);
  await cluster.admin.apply(namespaceObject(namespace), one);
  const theirs = { hostname: 'theirs.example', ports: [{ port: 443, protocol: 'TCP' }] };
  await setBalancer(one, theirs);
  const entries = async (): Promise<unknown> => (await cluster.admin.get(one))?.status.loadBalancer.ingress;
  {
    const { komainu } = await startWriter(cluster, namespace, 'first', ['--publish-address', '192.0.2.1']);
    await using _ = komainu;
    await until(one, 'theirs.example 192.0.2.1');
    expect(await entries()).toEqual([theirs, { ip: '192.0.2.1' }]);
  }
  const { komainu } = await startWriter(cluster, namespace, 'second', ['--publish-address', '192.0.2.2']);
  await using _ = komainu;
  await until(one, 'theirs.example 192.0.2.2');
  expect(await entries()).toEqual([theirs, { ip: '192.0.2.2' }]);
  await cluster.admin.apply(web(namespace, 'web', { ingressClassName: 'nginx' }));
  await until(one, 'theirs.example');
  expect(await entries()).toEqual([theirs]);
  expect(patchesOf(namespace, 'web')).toBe(3);
  await cluster.admin.apply(one);
  await until(one, 'theirs.example 192.0.2.2');
  await cluster.admin.patch(one, { status: { loadBalancer: { ingress: null } } }, 'status'); // as the README says
  await until(one, '192.0.2.2');
});

test('what another controller has written since is not taken away from it', async () => {
  const namespace = 'taken-over';
  const one = web(namespace);
  await cluster.admin.apply(namespaceObject(namespace), one);
  const { komainu } = await startWriter(cluster, namespace, 'writer');
  await using _ = komainu;
  await until(one, '192.0.2.1');
  await cluster.admin.call('PUT', `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses/web`, {
    body: { ...(await cluster.admin.get(one)), spec: web(namespace, 'web', { ingressClassName: 'nginx' }).spec },
  });
  await until(one, '');
  await setBalancer(one, { ip: '192.0.2.1' });
  const before = await bytesOf(one);
  await settle(namespace, '192.0.2.1');
  expect(await bytesOf(one)).toBe(before);
});

test('without a Service or an address it has those of the nodes that run our pods', async () => {
  const namespace = 'nodes';
  const one = web(namespace);
  await cluster.admin.apply(namespaceObject(namespace), one);
  const labels = { 'app.kubernetes.io/name': 'komainu', 'app.kubernetes.io/instance': 'here' };
  for (const number of [1, 2, 3]) {
    const addresses = [{ type: 'InternalIP', address: `10.0.0.${number}` }] as const;
    const external = [{ type: 'ExternalIP', address: `192.0.2.${number}` }] as const;
    await makeNode(cluster.admin, `node-${number}`, number === 3 ? addresses : [...addresses, ...external]);
  }
  const pod = (name: string, node: string, ready = true, more: object = {}) =>
    tellPod(
      cluster.admin,
      { name, address: '10.244.9.9', port: 8080 },
      { node, namespace, labels: { ...labels, ...more }, ready },
    );
  await pod('komainu-a', 'node-1');
  await pod('komainu-b', 'node-2', false);
  await pod('other', 'node-3', true, { 'app.kubernetes.io/instance': 'there' });
  const { komainu } = await startWriter(cluster, namespace, 'komainu-a', []);
  await using _ = komainu;
  await until(one, '192.0.2.1');
  await pod('komainu-b', 'node-2');
  await until(one, '192.0.2.1 192.0.2.2');
  const third = await pod('komainu-c', 'node-3');
  await until(one, '10.0.0.3 192.0.2.1 192.0.2.2');
  await cluster.admin.call('DELETE', `/api/v1/namespaces/${namespace}/pods/komainu-c`, {
    query: { gracePeriodSeconds: '0' },
  });
  expect(third).toBeDefined();
  await until(one, '192.0.2.1 192.0.2.2');
  await makeNode(cluster.admin, 'node-2', [{ type: 'InternalIP', address: '10.0.0.22' }]);
  await until(one, '10.0.0.22 192.0.2.1');
  expect(patchesOf(namespace, 'web')).toBe(5);
});

describe('many', () => {
  test('three thousand Ingresses get their status, with one write each', async () => {
    const namespace = 'many';
    await cluster.admin.apply(namespaceObject(namespace));
    await cluster.admin.createAll(Array.from({ length: 3_000 }, (_, i) => web(namespace, `web-${i}`)));
    const { komainu } = await startWriter(cluster, namespace, 'writer');
    await using _ = komainu;
    const since = Date.now();
    const generation = (await komainu.metrics()).get('komainu_generation_current');
    const written = async (): Promise<number> =>
      (await komainu.metrics()).get('komainu_kubernetes_status_writes_total{outcome="written"}') ?? 0;
    await waitUntil('all are written', async () => (await written()) >= 3_000, { deadlineMs: 110_000 });
    console.log(`3,000 written in ${Date.now() - since} ms`);
    const writes = writesIn(cluster, namespace, 'ingresses');
    expect(new Set(writes.map(({ what }) => what)).size).toBe(3_000);
    expect(writes).toHaveLength(3_000);
    expect((await komainu.metrics()).get('komainu_generation_current')).toBe(generation);
  });
});
