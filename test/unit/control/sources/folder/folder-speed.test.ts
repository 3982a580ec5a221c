import { expect, test } from 'vitest';
import { systemClock } from '../../../../../src/base/clock.ts';
import { ObjectStore } from '../../../../../src/control/object-store.ts';
import { RefusalLedger } from '../../../../../src/control/refusal-ledger.ts';
import { startFolderSource } from '../../../../../src/control/sources/folder/folder-source.ts';
import { silentLog } from '../../../../../src/observe/log.ts';
import { documents, ingress, service } from '../../../../support/manifests.ts';
import { TempFolder } from './temp-folder.ts';

const FILES = 3_000;
const ROUNDS = 20;

test('with 3,000 files a new one is in the store soon after the quiet time, whatever a poll is doing', async () => {
  using folder = new TempFolder();
  for (let index = 0; index < FILES; index++) {
    folder.write(`f${index}.yaml`, documents(ingress(`i${index}`, [{ host: `h${index}.test`, service: 'web' }])));
  }
  const store = new ObjectStore();
  const parts = { store, ledger: new RefusalLedger(silentLog), clock: systemClock, log: silentLog };
  const source = await startFolderSource({ dir: folder.path, ...parts, quietMs: 20, maxWaitMs: 200, pollMs: 1 });
  let heard = (): void => {};
  store.onChange(() => heard());
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const changed = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const start = performance.now();
    folder.replace(`new${round}.yaml`, documents(service(`new${round}`, [3000])));
    await changed;
    times.push(performance.now() - start);
    expect(store.get('Service', 'default', `new${round}`)).toBeDefined();
  }
  source.stop();
  times.sort((a, b) => a - b);
  // 21 to 29 ms on an idle machine; reading all files takes 300 ms and more.
  expect(times[ROUNDS / 2]).toBeLessThan(120);
});
