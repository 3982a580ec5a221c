import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Komainu } from '../support/start-komainu.ts';
import { untilAnswers } from './support/ask-pod.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { manySites } from './support/many-sites.ts';
import { ingressClass, site, slice } from './support/objects.ts';
import { type Pod, startPod } from './support/pods.ts';
import { type Relay, startRelay } from './support/relay.ts';
import { startInCluster } from './support/start-in-cluster.ts';
import { Traffic } from './support/traffic.ts';

const SITES = 20;
/** Tries are up to half a minute apart when many have failed. */
const HEARD_AGAIN_MS = 90_000;

let cluster: Cluster;
let komainu: Komainu;
let pods: readonly Pod[];
let relay: Relay;
let traffic: Traffic;

beforeEach(async () => {
  cluster = await startCluster();
  pods = await Promise.all(Array.from({ length: SITES }, (_, i) => startPod(`pod-${i}`)));
  await cluster.admin.apply(ingressClass(), ...pods.flatMap((pod, i) => site(`site-${i}`, `site-${i}.test`, [pod])));
  relay = await startRelay(cluster.apiPort);
  komainu = await startInCluster({ kubeconfig: cluster.kubeconfig(undefined, relay.url) });
  traffic = new Traffic(
    komainu.port(),
    pods.map(({ name }, i) => ({ host: `site-${i}.test`, pods: [name] })),
  );
  await traffic.more(100);
});
afterEach(async () => {
  await traffic?.stop();
  await komainu?.[Symbol.asyncDispose]();
  await relay?.[Symbol.asyncDispose]();
  for (const pod of pods ?? []) await pod.stop();
  await cluster?.[Symbol.asyncDispose]();
});

/** A new site, a changed one and a removed one arrive; the others were right all the time. */
async function expectChangesArrive(): Promise<void> {
  await using pod = await startPod('after');
  await cluster.admin.apply(...site('after', 'after.test', [pod]));
  await untilAnswers(komainu, 'after.test', 'after', { deadlineMs: HEARD_AGAIN_MS });
  await cluster.admin.apply(...site('second', 'second.test', [pods[0]]));
  await untilAnswers(komainu, 'second.test', 'pod-0');
  await cluster.admin.apply(slice('second', [pods[1]]));
  await untilAnswers(komainu, 'second.test', 'pod-1');
  await cluster.admin.remove(site('second', 'second.test', [])[0]);
  await untilAnswers(komainu, 'second.test', 404);
  await traffic.more(100);
  const report = await traffic.stop();
  expect(report.wrong).toEqual([]);
}

test('a restart of the API server in its own order is not felt', async () => {
  await cluster.apiServer.stop();
  await traffic.more(500);
  await cluster.startApiServer();
  await expectChangesArrive();
});

test('an API server that is killed and comes back is not felt', async () => {
  await cluster.apiServer.kill();
  await traffic.more(500);
  await cluster.startApiServer();
  await expectChangesArrive();
});

test('an etcd that is killed and comes back is not felt', async () => {
  await cluster.etcd.kill();
  await traffic.more(500);
  cluster.startEtcd();
  await cluster.ready();
  await expectChangesArrive();
});

test('changes made while nothing was heard arrive, removals too', async () => {
  await cluster.admin.apply(...site('leaving', 'leaving.test', [pods[0]]));
  await untilAnswers(komainu, 'leaving.test', 'pod-0');
  relay.cut();
  await cluster.admin.apply(...site('missed', 'missed.test', [pods[2]]));
  await cluster.admin.remove(...site('leaving', 'leaving.test', []));
  await traffic.more(200);
  relay.mend();
  await untilAnswers(komainu, 'missed.test', 'pod-2', { deadlineMs: HEARD_AGAIN_MS });
  await untilAnswers(komainu, 'leaving.test', 404);
  await expectChangesArrive();
});

test('two thirds that are gone in the next whole list are asked for twice, and then gone', async () => {
  const leaving = manySites('leaving', 2 * SITES, [pods[0]]);
  await cluster.admin.createAll(leaving.objects);
  await untilAnswers(komainu, `leaving-${2 * SITES - 1}.test`, 'pod-0');
  relay.cut();
  await cluster.admin.remove(...leaving.objects);
  await cluster.apiServer.kill(); // what is gone is then known by a whole list alone
  await cluster.forgetThePast();
  await cluster.startApiServer();
  relay.mend();
  await untilAnswers(komainu, 'leaving-0.test', 404, { deadlineMs: HEARD_AGAIN_MS });
  expect(komainu.event('a list of the cluster is not believed at once')).toBeDefined();
  await expectChangesArrive();
});

test('an API server that stands still is not felt, and is heard again when it goes on', async () => {
  cluster.apiServer.freeze();
  await traffic.more(1_000);
  cluster.apiServer.thaw();
  await cluster.ready();
  await expectChangesArrive();
});
