import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '../../../../../src/base/clock.ts';
import { ObjectStore } from '../../../../../src/control/object-store.ts';
import { RefusalLedger } from '../../../../../src/control/refusal-ledger.ts';
import { startFolderSource } from '../../../../../src/control/sources/folder/folder-source.ts';
import { loadFolder } from '../../../../../src/control/sources/folder/load-folder.ts';
import type { KubeObject } from '../../../../../src/model/objects.ts';
import type { Refusal } from '../../../../../src/model/refusal.ts';
import { silentLog } from '../../../../../src/observe/log.ts';
import { documents, service } from '../../../../support/manifests.ts';
import { waitUntil } from '../../../../support/wait-until.ts';
import { TempFolder } from './temp-folder.ts';

type Step =
  | { readonly do: 'write' | 'replace' | 'swap'; readonly to: string; readonly services: readonly [string, number][] }
  | { readonly do: 'move' | 'move-folder'; readonly from: string; readonly to: string }
  | { readonly do: 'remove'; readonly to: string }
  | { readonly do: 'pause'; readonly ms: number };

const file = fc.constantFrom(
  'a.yaml',
  'b.yaml',
  'notes.txt',
  'sub/a.yaml',
  'sub/deep/c.yaml',
  'other/d.yaml',
  'm/x.yaml',
);
const folder = fc.constantFrom('sub', 'other', 'sub/deep', 'm');
const services = fc.array(fc.tuple(fc.constantFrom('one', 'two', 'three', 'four'), fc.integer({ min: 1, max: 3 })), {
  maxLength: 3,
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('write' as const, 'replace' as const), to: file, services }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('swap' as const), to: fc.constant('m'), services }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), from: file, to: file }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move-folder' as const), from: folder, to: folder }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), to: fc.oneof(file, folder) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pause' as const), ms: fc.integer({ min: 0, max: 40 }) }) },
);

/** What cannot be done where the folder is now (a move of nothing, a file in place of a folder) is left out. */
async function perform(folder: TempFolder, step: Step): Promise<void> {
  if (step.do === 'pause') return new Promise((resolve) => setTimeout(resolve, step.ms));
  try {
    if (step.do === 'remove') folder.remove(step.to);
    else if ('from' in step) folder.move(step.from, step.to);
    else write(folder, step.do, step.to, documents(...step.services.map(([name, port]) => service(name, [port]))));
  } catch (error) {
    expect(['ENOENT', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY', 'EINVAL', 'EEXIST']).toContain(
      (error as { code: string }).code,
    );
  }
}

function write(folder: TempFolder, how: 'write' | 'replace' | 'swap', to: string, text: string): void {
  if (how === 'write') folder.write(to, text);
  if (how === 'replace') folder.replace(to, text);
  if (how !== 'swap') return;
  folder.swapData({ 'swapped.yaml': text });
  if (!existsSync(folder.at('swapped.yaml'))) folder.link('..data/swapped.yaml', 'swapped.yaml');
}

/** Never, so that what is seen was seen by the watch; or all the time, in the way of the events. */
const pollMs = fc.constantFrom(3_600_000, 1);

const shown = (objects: Iterable<KubeObject>, refusals: readonly Refusal[]): string =>
  JSON.stringify([
    [...objects].map((object) => JSON.stringify(object)).sort(),
    refusals.map((it) => JSON.stringify(it)).sort(),
  ]);

test('any steps end in what a fresh load of the folder finds', { timeout: 180_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25, size: 'max' }), pollMs, async (steps, pollMs) => {
      using folder = new TempFolder();
      const store = new ObjectStore();
      const ledger = new RefusalLedger(silentLog);
      const times = { quietMs: 5, maxWaitMs: 20, pollMs };
      const source = await startFolderSource({
        dir: folder.path,
        store,
        ledger,
        clock: systemClock,
        log: silentLog,
        ...times,
      });
      try {
        for (const each of steps) await perform(folder, each);
        const fresh = await loadFolder(folder.path);
        const want = shown(fresh.objects, fresh.refusals);
        const have = (): string => shown(store.list('Service'), ledger.all());
        await waitUntil(want, () => have() === want, { state: have, deadlineMs: 8_000 });
      } finally {
        source.stop();
      }
    }),
    { numRuns: 60, interruptAfterTimeLimit: 60_000 },
  );
});
