import { afterAll, beforeAll, expect, test } from 'vitest';
import { newSeed, seededDice } from '../support/dice.ts';
import type { Komainu } from '../support/start-komainu.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { type Hostile, hostileObjects } from './support/hostile-objects.ts';
import { manySites } from './support/many-sites.ts';
import { ingressClass } from './support/objects.ts';
import { type Pod, startPod } from './support/pods.ts';
import { startInCluster } from './support/start-in-cluster.ts';
import { wrongAnswers } from './support/sweep.ts';
import { type Question, Traffic } from './support/traffic.ts';

const GOOD = 1_000;
const HOSTILE = 1_000;

let cluster: Cluster;
let pods: readonly Pod[];
let questions: readonly Question[];
let hostile: readonly Hostile[];

beforeAll(async () => {
  cluster = await startCluster();
  pods = [await startPod('good-a'), await startPod('good-b'), await startPod('good-c')];
  const good = manySites('good', GOOD, pods);
  questions = good.questions;
  await cluster.admin.apply(ingressClass());
  await cluster.admin.createAll(good.objects);
  const seed = newSeed();
  console.log(`KOMAINU_TEST_SEED=${seed}`);
  const victims = questions.map(({ host }) => host);
  hostile = hostileObjects(HOSTILE, [pods[0]], victims, seededDice(seed));
});
afterAll(async () => {
  for (const pod of pods ?? []) await pod.stop();
  await cluster?.[Symbol.asyncDispose]();
});

/** Which of the hostile ones nobody has been told of. */
async function unnamed(komainu: Komainu): Promise<readonly string[]> {
  const { refusals } = await komainu.api<{ refusals: { object: { kind: string; name: string } | null }[] }>('refusals');
  const named = new Set(refusals.map(({ object }) => `${object?.kind} ${object?.name}`));
  return hostile
    .filter(({ bad }) => !named.has(`${bad.kind} ${bad.name}`))
    .map(({ what, bad }) => `${bad.kind} ${bad.name}: ${what}`);
}

test('a thousand hostile objects harm no good one, each is named, and a restart changes nothing', async () => {
  const komainu = await startInCluster({ kubeconfig: cluster.kubeconfig() });
  try {
    expect(await wrongAnswers(komainu, questions)).toEqual([]);
    const traffic = new Traffic(komainu.port(), questions);
    await cluster.admin.createAll(hostile.flatMap(({ objects }) => objects));
    await expect.poll(() => unnamed(komainu), { timeout: 15_000 }).toEqual([]);
    await traffic.more(GOOD);
    expect((await traffic.stop()).wrong).toEqual([]);
    expect(await wrongAnswers(komainu, questions)).toEqual([]);
  } finally {
    await komainu[Symbol.asyncDispose]();
  }
  await using again = await startInCluster({ kubeconfig: cluster.kubeconfig() });
  expect(await wrongAnswers(again, questions)).toEqual([]);
  expect(await unnamed(again)).toEqual([]);
});
