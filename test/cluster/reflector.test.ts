import { afterAll, beforeAll, expect, test } from 'vitest';
import { resources } from '../../src/control/cluster/resources.ts';
import { newSeed, seededDice } from '../support/dice.ts';
import { waitUntil } from '../support/wait-until.ts';
import { grant, makeAccount } from './support/accounts.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { service } from './support/objects.ts';
import { type Reflection, reflect } from './support/reflection.ts';
import { startRelay } from './support/relay.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

/** The sink holds what a fresh list says, each object in the same version. */
async function untilTrue(reflection: Reflection, deadlineMs = 45_000): Promise<void> {
  const isTrue = async (): Promise<boolean> => {
    const truth = await reflection.truth();
    return truth.size === reflection.seen.size && [...truth].every(([key, is]) => reflection.seen.get(key) === is);
  };
  await waitUntil('the sink is as the cluster', isTrue, { deadlineMs, state: () => reflection.reflector.report() });
}

/** Makes, changes and removes Services at random. */
async function churn(rounds: number, below: (limit: number) => number, stem: string): Promise<void> {
  const there = new Set<string>();
  for (let i = 0; i < rounds; i++) {
    const name = `${stem}-${below(20)}`;
    if (there.has(name) && below(3) === 0) {
      await cluster.admin.remove(service(name));
      there.delete(name);
    } else {
      await cluster.admin.apply(service(name, { ports: [{ name: 'http', port: 1 + below(60_000) }] }));
      there.add(name);
    }
  }
}

test('what is watched stays what a fresh list says, through churn and cut lines', async () => {
  const seed = newSeed();
  console.log(`KOMAINU_TEST_SEED=${seed}`);
  const below = seededDice(seed);
  await using relay = await startRelay(cluster.apiPort);
  await using reflection = await reflect(cluster, cluster.kubeconfig(undefined, relay.url), resources.service);
  for (let round = 0; round < 5; round++) {
    await churn(40, below, 'churn');
    relay.cut();
    await churn(20, below, 'churn');
    relay.mend();
    await churn(20, below, 'churn');
  }
  await untilTrue(reflection);
  expect(reflection.reflector.report().relistChanges).toBe(0);
});

test('a page is one of many and the pages are one list', async () => {
  const names = Array.from({ length: 1_200 }, (_, i) => `page-${i}`);
  await cluster.admin.createAll(names.map((name) => service(name)));
  await using reflection = await reflect(cluster, cluster.kubeconfig(), resources.service);
  await reflection.reflector.synced;
  await untilTrue(reflection);
  expect(reflection.seen.size).toBeGreaterThan(1_200);
});

test('a version that the server has forgotten costs a list and no object', async () => {
  await using relay = await startRelay(cluster.apiPort);
  await using reflection = await reflect(cluster, cluster.kubeconfig(undefined, relay.url), resources.service);
  await reflection.reflector.synced;
  relay.cut();
  await cluster.admin.apply(service('while-away'));
  await cluster.apiServer.kill(); // with it goes what it remembers
  await cluster.forgetThePast();
  await cluster.startApiServer();
  await cluster.admin.apply(service('after-that'));
  const { lists } = reflection.reflector.report();
  relay.mend();
  await untilTrue(reflection);
  expect(reflection.reflector.report().lists).toBeGreaterThan(lists);
});

test('a reflector stops although its watch is dead', async () => {
  await using relay = await startRelay(cluster.apiPort);
  await using reflection = await reflect(cluster, cluster.kubeconfig(undefined, relay.url), resources.lease);
  await reflection.reflector.synced;
  await waitUntil('it watches', () => reflection.reflector.report().watches > 0);
  relay.deaden();
  await reflection.reflector.stop();
  expect(reflection.reflector.report().state).toBe('stopped');
});

test.concurrent('a kind that may not be read is asked for again and followed once it may', async () => {
  const account = await makeAccount(cluster, 'narrow', 'follower');
  await using reflection = await reflect(cluster, account.kubeconfig, resources.ingress);
  await waitUntil('it is forbidden', () => reflection.reflector.report().state === 'forbidden');
  await grant(cluster, account, [
    { apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs: ['list', 'watch'] },
  ]);
  await waitUntil('it is followed', () => reflection.reflector.report().state === 'watching', { deadlineMs: 30_000 });
});

test.concurrent('a kind that does not exist is followed once it does', async () => {
  const widgets = { kind: 'Widget', apiVersion: 'example.com/v1', plural: 'widgets', namespaced: true };
  await using reflection = await reflect(cluster, cluster.kubeconfig(), widgets);
  await waitUntil('it is absent', () => reflection.reflector.report().state === 'absent');
  await cluster.admin.apply(widgetDefinition);
  const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'first' } };
  await waitUntil('the kind is served', async () =>
    cluster.admin.apply(widget).then(
      () => true,
      () => false,
    ),
  );
  await waitUntil('it is followed', () => reflection.seen.has('default/first'), { deadlineMs: 30_000 });
});

const widgetDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};
