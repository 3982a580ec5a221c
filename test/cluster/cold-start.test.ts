import { afterAll, beforeAll, expect, test } from 'vitest';
import { get } from '../support/raw-client.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { manySites } from './support/many-sites.ts';
import { ingressClass } from './support/objects.ts';
import { type Pod, startPod } from './support/pods.ts';
import { quietPort } from './support/quiet-port.ts';
import { startRelay } from './support/relay.ts';
import { startInCluster, untilReady } from './support/start-in-cluster.ts';
import { wrongAnswers } from './support/sweep.ts';
import type { Question } from './support/traffic.ts';

const SITES = 5_000;
/** Less than the Ingresses alone have. */
const PART_BYTES = 1_000_000;

let cluster: Cluster;
let pods: readonly Pod[];
let questions: readonly Question[];

beforeAll(async () => {
  cluster = await startCluster();
  pods = [await startPod('cold-a'), await startPod('cold-b')];
  const sites = manySites('cold', SITES, pods);
  questions = sites.questions;
  await cluster.admin.apply(ingressClass());
  await cluster.admin.createAll(sites.objects);
});
afterAll(async () => {
  for (const pod of pods ?? []) await pod.stop();
  await cluster?.[Symbol.asyncDispose]();
});

test(`with ${SITES} Ingresses it is ready soon, and right on every shard from then on`, async () => {
  const startedAt = performance.now();
  await using komainu = await startInCluster({ kubeconfig: cluster.kubeconfig(), waits: false });
  await komainu.serving();
  await untilReady(komainu);
  const readyMs = performance.now() - startedAt;
  const cpuSeconds = (await komainu.metrics()).get('process_cpu_seconds_total');
  expect(await wrongAnswers(komainu, questions)).toEqual([]);
  const residentMib = komainu.residentBytes() / 2 ** 20;
  console.log(`ready after ms: ${readyMs.toFixed(0)}, CPU s: ${cpuSeconds}, resident MiB: ${residentMib.toFixed(0)}`);
});

test('it is not ready while it knows a part', async () => {
  await using relay = await startRelay(cluster.apiPort);
  relay.holdAfter(PART_BYTES);
  const kubeconfig = cluster.kubeconfig(undefined, relay.url);
  const adminPort = await quietPort();
  const args = ['--admin-port', String(adminPort)];
  await using komainu = await startInCluster({ kubeconfig, args, waits: false });
  await relay.held();
  for (let look = 0; look < 50; look++) expect((await get(adminPort, 'localhost', '/readyz')).status).toBe(503);
  relay.goOn();
  await komainu.serving();
  await untilReady(komainu);
  expect(await wrongAnswers(komainu, questions)).toEqual([]);
});
