import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { ApiStream } from '../../src/control/cluster/api.ts';
import { connectCluster } from '../../src/control/cluster/connect-cluster.ts';
import { resources } from '../../src/control/cluster/resources.ts';
import { refusedAnswer } from '../../src/control/sources/kubernetes/setback.ts';
import { silentLog } from '../../src/observe/log.ts';
import { newSeed, seededDice } from '../support/dice.ts';
import { waitUntil } from '../support/wait-until.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { service } from './support/objects.ts';
import { reflect } from './support/reflection.ts';
import { startRelay } from './support/relay.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

test('whole lists at the version where we stand find nothing that watching has missed, page by page', async () => {
  const seed = newSeed();
  console.log(`KOMAINU_TEST_SEED=${seed}`);
  const below = seededDice(seed);
  const change = (): Promise<unknown> =>
    cluster.admin.apply(service(`s${below(60)}`, { ports: [{ name: 'http', port: 1 + below(60_000) }] }));
  for (let i = 0; i < 60; i++) await change();
  await using relay = await startRelay(cluster.apiPort);
  const kubeconfig = cluster.kubeconfig(undefined, relay.url);
  await using reflection = await reflect(cluster, kubeconfig, resources.service, { relistMs: 1000, pageLimit: 7 });
  const report = () => reflection.reflector.report();
  for (let round = 0; round < 4; round++) {
    const { lists } = report();
    await waitUntil('it watches', () => report().state === 'watching');
    const dueAt = performance.now() + 1600; // a list is due a second and a half after the one before
    while (performance.now() < dueAt) await change();
    relay.cut(); // lists are read between two watches
    relay.mend();
    await waitUntil('a whole list', () => change().then(() => report().lists > lists), { state: report });
  }
  const isTrue = async (): Promise<boolean> => {
    const truth = await reflection.truth();
    return truth.size === reflection.seen.size && [...truth].every(([key, is]) => reflection.seen.get(key) === is);
  };
  await waitUntil('the sink is as the cluster', isTrue, { deadlineMs: 45_000, state: report });
  expect(report().relistChanges).toBe(0);
  expect(reflection.log.of('a list of the cluster is not believed at once')).toEqual([]);
});

test('of a version that it has not reached the server says nothing in a watch, but for a list', async () => {
  const api = await connectCluster({ kubeconfig: cluster.kubeconfig(), log: silentLog, clock: systemClock });
  try {
    const ask = (query: Record<string, string>): Promise<ApiStream> =>
      api.stream({ method: 'GET', path: '/api/v1/services', query: { ...query, resourceVersion: '999999999' } });
    // What the reflector's own look at the server's version is for.
    expect((await ask({ watch: '1', timeoutSeconds: '1' })).status).toBe(200);
    const exact = await ask({ limit: '5', resourceVersionMatch: 'Exact' });
    expect(exact.status).toBe(504);
    expect((await refusedAnswer(exact)).kind).toBe('expired');
  } finally {
    await api.close();
  }
});
