import { expect, test } from 'vitest';
import { connectionsByShard } from '../support/live-change.ts';
import { RawClient } from '../support/raw-client.ts';
import type { Komainu } from '../support/start-komainu.ts';
import { ChurningSites } from './support/churning-sites.ts';
import { startCluster } from './support/cluster.ts';
import { startPod } from './support/pods.ts';
import { startInCluster } from './support/start-in-cluster.ts';

/** Half a minute; the long run that looks at memory: `KOMAINU_CHURN_MS=1800000 npm run test:cluster -- churn`. */
const CHURN_MS = Number(process.env.KOMAINU_CHURN_MS ?? 30_000);
const SITES = Number(process.env.KOMAINU_CHURN_SITES ?? 3_000);
const CHANGES_PER_SECOND = 20;
/** From here on memory is judged: before, the heap is still finding its size. */
const LONG_RUN_MS = 300_000;
const START_LIMIT_MS = 300_000;

test(`two replicas, ${SITES} Ingresses, ${CHANGES_PER_SECOND} changes a second for ${CHURN_MS / 1000} s: every answer is right`, {
  timeout: CHURN_MS + START_LIMIT_MS,
}, async () => {
  await using cluster = await startCluster();
  const pods = await Promise.all(Array.from({ length: 8 }, (_, index) => startPod(`pod-${index}`)));
  const sites = new ChurningSites(cluster.admin, pods, SITES);
  await sites.create();
  await using one = await startInCluster({ kubeconfig: cluster.kubeconfig(), podName: 'one' });
  await using two = await startInCluster({ kubeconfig: cluster.kubeconfig(), podName: 'two' });
  const replicas = [one, two];

  const probes = (await Promise.all(replicas.map((replica) => connectionsByShard(replica, 1)))).flat(2);
  const memory = replicas.map((replica) => new MemorySamples(replica));
  const stop = new AbortController();
  const traffic = replicas.flatMap((replica) => [0, 1].map(() => keepAsking(replica, sites, stop.signal)));
  const sampling = sampleMemory(memory, stop.signal);
  await sites.churn({ forMs: CHURN_MS, perSecond: CHANGES_PER_SECOND, probes });
  stop.abort();
  await Promise.all([...traffic, sampling]);

  for (const replica of replicas) await sites.judgeAll(replica);
  const report = { ...sites.report(), memoryMiB: memory.map((samples) => samples.report()) };
  console.log(`churn: ${JSON.stringify(report)}`);
  expect(sites.wrong.slice(0, 20)).toEqual([]);
  expect(sites.asked).toBeGreaterThan(CHURN_MS / 100);
  for (const client of probes) client[Symbol.dispose]();
  for (const pod of pods) await pod.stop();
  if (CHURN_MS >= LONG_RUN_MS) for (const samples of memory) expect(samples.growthShare()).toBeLessThan(0.1);
});

async function keepAsking(replica: Komainu, sites: ChurningSites, signal: AbortSignal): Promise<void> {
  using client = await RawClient.connect(replica.port());
  while (!signal.aborted) {
    await sites.askAny(client);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

class MemorySamples {
  readonly #replica: Komainu;
  readonly #mib: number[] = [];

  constructor(replica: Komainu) {
    this.#replica = replica;
  }

  take(): void {
    this.#mib.push(this.#replica.residentBytes() / 2 ** 20);
  }

  /** The last quarter beside the second one: the first is warm-up. */
  growthShare(): number {
    const quarter = Math.floor(this.#mib.length / 4);
    return mean(this.#mib.slice(-quarter)) / mean(this.#mib.slice(quarter, 2 * quarter)) - 1;
  }

  report(): { first: number; last: number; peak: number; growthPercent: number } {
    const [first = 0] = this.#mib;
    const growthPercent = round(this.growthShare() * 100);
    return {
      first: round(first),
      last: round(this.#mib.at(-1) ?? 0),
      peak: round(Math.max(...this.#mib)),
      growthPercent,
    };
  }
}

async function sampleMemory(memory: readonly MemorySamples[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const samples of memory) samples.take();
    await new Promise((resolve) => setTimeout(resolve, Math.max(200, CHURN_MS / 400)));
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const round = (value: number): number => Math.round(value * 10) / 10;
