import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../../src/base/clock.ts';
import { systemDice } from '../../../../src/base/dice.ts';
import { type Cluster, connectCluster } from '../../../../src/control/cluster/connect-cluster.ts';
import type { FollowAddresses, FollowParts } from '../../../../src/control/status/address-source.ts';
import { addressesOfNode, nodeAddresses, servingNodeOf } from '../../../../src/control/status/node-addresses.ts';
import { podSelector } from '../../../../src/control/status/pod-selector.ts';
import { addressesOfService, serviceAddresses } from '../../../../src/control/status/service-addresses.ts';
import type { PublishedAddress } from '../../../../src/model/objects.ts';
import { type FakeApi, startFakeApi } from '../../../support/fake-api/fake-api.ts';
import { KeptLog } from '../../../support/kept-log.ts';
import { waitUntil } from '../../../support/wait-until.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function connect() {
  const fake: FakeApi = await startFakeApi();
  const log = new KeptLog();
  const kubeconfig = fake.kubeconfig(mkdtempSync(join(tmpdir(), 'komainu-addresses-')));
  const api: Cluster = await connectCluster({ kubeconfig, log, clock: systemClock });
  ends.push(
    () => fake.down(),
    () => api.close(),
  );
  const parts: FollowParts = { api, clock: systemClock, dice: systemDice, log };
  return { fake, log, parts };
}

function follow(source: FollowAddresses) {
  const told: (readonly PublishedAddress[])[] = [];
  const following = source((addresses) => told.push(addresses));
  ends.push(() => following.stop());
  return { told, until: (text: string) => waitUntil(text, () => ipsOf(told.at(-1)) === text, { state: () => told }) };
}

const ipsOf = (addresses: readonly PublishedAddress[] | undefined): string =>
  (addresses ?? [])
    .map(({ ip, hostname }) => ip ?? hostname)
    .sort()
    .join(' ');

describe('of a Service', () => {
  test.each([
    [
      'LoadBalancer',
      { type: 'LoadBalancer', externalIPs: ['192.0.2.9'] },
      [{ ip: '192.0.2.1' }, { hostname: 'a.example' }],
      '192.0.2.1 a.example',
    ],
    ['LoadBalancer that has none yet', { type: 'LoadBalancer', clusterIP: '10.96.0.1' }, [], ''],
    ['LoadBalancer with external IPs only', { type: 'LoadBalancer', externalIPs: ['192.0.2.9'] }, [], '192.0.2.9'],
    ['NodePort', { type: 'NodePort', clusterIPs: ['10.96.0.1', 'fd00::1'] }, [], '10.96.0.1 fd00::1'],
    [
      'NodePort with external IPs',
      { type: 'NodePort', externalIPs: ['192.0.2.9'], clusterIP: '10.96.0.1' },
      [],
      '192.0.2.9',
    ],
    ['ClusterIP', { type: 'ClusterIP', clusterIP: '10.96.0.1' }, [], '10.96.0.1'],
    ['ClusterIP without one', { type: 'ClusterIP', clusterIP: 'None' }, [], ''],
    ['ExternalName', { type: 'ExternalName', externalName: 'a.example' }, [], 'a.example'],
  ])('of type %s', (_, spec, ingress, expected) => {
    expect(ipsOf(addressesOfService({ spec, status: { loadBalancer: { ingress } } }))).toBe(expected);
  });

  test('they are followed, and stay when it is deleted', async () => {
    const { fake, log, parts } = await connect();
    const put = (...ips: string[]) =>
      fake.put({
        ...{ kind: 'Service', metadata: { name: 'edge' }, spec: { type: 'LoadBalancer' } },
        status: { loadBalancer: { ingress: ips.map((ip) => ({ ip, ports: [{ port: 80 }] })) } },
      });
    const { told, until } = follow(serviceAddresses({ namespace: 'default', name: 'edge' }, parts));
    await waitUntil(
      'it is missed',
      () => log.of('the Service whose addresses are published is not there').length === 1,
    );
    put('192.0.2.1');
    await until('192.0.2.1');
    put('192.0.2.2', '192.0.2.3');
    await until('192.0.2.2 192.0.2.3');
    fake.remove('Service', 'edge');
    await waitUntil(
      'it is missed',
      () => log.of('the Service whose addresses are published is not there').length === 2,
    );
    expect(told).toHaveLength(2);
    expect(told[1]).toEqual([{ ip: '192.0.2.2' }, { ip: '192.0.2.3' }]);
  });
});

describe('of nodes', () => {
  const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };

  test.each([
    ['ready', { metadata: { name: 'a' }, spec: { nodeName: 'n' }, status: ready }, 'n'],
    ['not ready', { metadata: { name: 'a' }, spec: { nodeName: 'n' }, status: { phase: 'Running' } }, undefined],
    [
      'at its end',
      { metadata: { name: 'a', deletionTimestamp: 'now' }, spec: { nodeName: 'n' }, status: ready },
      undefined,
    ],
    ['over', { metadata: { name: 'a' }, spec: { nodeName: 'n' }, status: { ...ready, phase: 'Succeeded' } }, undefined],
    ['nowhere', { metadata: { name: 'a' }, status: ready }, undefined],
  ])('a pod that is %s', (_, pod, node) => {
    expect(servingNodeOf(pod)).toBe(node);
  });

  test('the external addresses, else the internal ones', () => {
    const addresses = [
      { type: 'Hostname', address: 'n' },
      { type: 'InternalIP', address: '10.0.0.1' },
      { type: 'ExternalIP', address: '192.0.2.1' },
      { type: 'ExternalIP', address: '2001:db8::1' },
    ];
    const node = { metadata: { name: 'n' }, status: { addresses } };
    expect(ipsOf(addressesOfNode(node, false))).toBe('192.0.2.1 2001:db8::1');
    expect(ipsOf(addressesOfNode(node, true))).toBe('10.0.0.1');
    const inner = { metadata: { name: 'n' }, status: { addresses: addresses.slice(0, 2) } };
    expect(ipsOf(addressesOfNode(inner, false))).toBe('10.0.0.1');
    expect(addressesOfNode({ metadata: { name: 'n' } }, false)).toEqual([]);
  });

  test('of the nodes that run ready pods like the own one, followed', async () => {
    const { fake, parts } = await connect();
    fake.learn({ kind: 'Pod', apiVersion: 'v1', plural: 'pods', namespaced: true });
    fake.learn({ kind: 'Node', apiVersion: 'v1', plural: 'nodes', namespaced: false });
    const node = (name: string, address: string) =>
      fake.put({ kind: 'Node', metadata: { name }, status: { addresses: [{ type: 'InternalIP', address }] } });
    const pod = (name: string, nodeName: string, labels: object, status: object = ready) =>
      fake.put({ kind: 'Pod', metadata: { name, namespace: 'edge', labels }, spec: { nodeName }, status });
    const ours = { 'app.kubernetes.io/name': 'komainu', 'app.kubernetes.io/instance': 'one' };
    for (const number of [1, 2, 3, 4]) node(`n${number}`, `10.0.0.${number}`);
    pod('other', 'n4', { ...ours, 'app.kubernetes.io/instance': 'two' });
    pod('k-1', 'n1', { ...ours, 'pod-template-hash': 'x' }, { phase: 'Pending' });
    pod('k-2', 'n2', { ...ours, 'pod-template-hash': 'y' }, { phase: 'Pending' });
    const source = { ...parts, pod: { namespace: 'edge', name: 'k-1' }, role: 'all', internal: false } as const;
    const { told, until } = follow(nodeAddresses(source));
    await waitUntil('it watches', () => fake.watchesOf().length === 2);
    expect(told).toEqual([]);
    pod('k-1', 'n1', ours);
    await until('10.0.0.1');
    pod('k-2', 'n2', ours);
    await until('10.0.0.1 10.0.0.2');
    node('n2', '10.0.0.22');
    await until('10.0.0.1 10.0.0.22');
    fake.remove('Pod', 'k-1', 'edge');
    await until('10.0.0.22');
    const before = told.length;
    pod('k-2', 'n2', ours, { phase: 'Failed' });
    pod('k-3', 'n3', ours);
    await until('10.0.0.3');
    expect(told.slice(before).every((addresses) => addresses.length > 0)).toBe(true);
  });

  test('without the own pod they are unknown, until it is there', async () => {
    const { fake, log, parts } = await connect();
    const source = { ...parts, pod: { namespace: 'edge', name: 'k-1' }, role: 'all', internal: false } as const;
    fake.learn({ kind: 'Pod', apiVersion: 'v1', plural: 'pods', namespaced: true });
    follow(nodeAddresses(source));
    await waitUntil(
      'it is said',
      () => log.of('the own pod is not found, so no node addresses are published').length === 1,
    );
  });
});

test.each([
  [
    { 'app.kubernetes.io/name': 'k', 'app.kubernetes.io/instance': 'i', x: 'y' },
    'all',
    'app.kubernetes.io/name=k,app.kubernetes.io/instance=i',
  ],
  [
    { 'app.kubernetes.io/name': 'k', 'app.kubernetes.io/component': 'edge' },
    'all',
    'app.kubernetes.io/name=k,app.kubernetes.io/component=edge',
  ],
  [
    { 'app.kubernetes.io/name': 'k', 'app.kubernetes.io/component': 'leader' },
    'leader',
    'app.kubernetes.io/name=k,app.kubernetes.io/component!=leader',
  ],
  [{ app: 'k', 'pod-template-hash': 'x', 'controller-revision-hash': 'y' }, 'all', 'app=k'],
] as const)('pods like one with the labels %j, role %s', (labels, role, selector) => {
  expect(podSelector(labels as Record<string, string>, role)).toBe(selector);
});
