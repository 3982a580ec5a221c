import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { BufferRing } from '../../../../src/control/publish/buffer-ring.ts';
import type { CanaryGeneration, CanaryReport } from '../../../support/canary-reader.ts';

const GENERATIONS = 10_000;
const TABLE_BYTES = 1_500_000;
const MIB = 1024 * 1024;
/** Publications sent before waiting, in turn: shards are prompt, then late, then later. */
const bursts = [1, 2, 3, 1, 5];

/** A thread that reads generations as an idle shard does: it never collects garbage by itself. */
async function startReader() {
  const worker = new Worker(new URL('../../../support/canary-reader.ts', import.meta.url));
  const reader = { adopted: 0, violations: 0, worker };
  worker.on('message', (report: CanaryReport) => Object.assign(reader, report));
  await once(worker, 'online');
  return reader;
}

test('10,000 generations of 1.5 MB keep memory flat, and no buffer is written while a thread reads it', async () => {
  const readers = await Promise.all([startReader(), startReader()]);
  const ring = new BufferRing();
  const oldestAdopted = () => Math.min(...readers.map(({ adopted }) => adopted));
  let generation = 0;
  let last: SharedArrayBuffer | undefined;

  const publish = () => {
    generation++;
    ring.reclaim(oldestAdopted());
    const bytes = ring.take('routes', TABLE_BYTES);
    new Int32Array(bytes).fill(generation);
    if (last !== undefined) ring.retire('routes', last, generation);
    last = bytes;
    for (const { worker } of readers) worker.postMessage({ generation, bytes } satisfies CanaryGeneration);
  };
  const publishUntil = async (limit: number) => {
    for (let turn = 0; generation < limit; turn++) {
      for (let i = 0; i < bursts[turn % bursts.length]; i++) publish();
      for (const reader of readers) while (reader.adopted < generation) await once(reader.worker, 'message');
    }
  };

  await publishUntil(50);
  const before = process.memoryUsage.rss();
  await publishUntil(50 + GENERATIONS);
  const grownMiB = (process.memoryUsage.rss() - before) / MIB;

  expect(readers.map(({ violations }) => violations)).toEqual([0, 0]);
  expect(ring.pooled('routes')).toBeLessThanOrEqual(8);
  await Promise.all(readers.map(({ worker }) => worker.terminate()));
  expect(grownMiB).toBeLessThan(30);
}, 120_000);
