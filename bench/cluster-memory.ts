/**
 * What a cluster costs: resident memory and time to readiness with 10,000 Ingresses
 * (20,000 routes), Services and EndpointSlices and 5,000 Secrets, all of them watched; and with an empty cluster. The API
 * server is a fake one in another process. Runs the sources; `KOMAINU_TEST_BUILT=1` runs `dist`.
 *
 *   node bench/cluster-memory.ts [ingresses] [secrets]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { statusBytes } from '../test/support/process-memory.ts';
import { type Komainu, startKomainu, testsBuilt } from '../test/support/start-komainu.ts';

const ingresses = Number(process.argv[2] ?? 10_000);
const secrets = Number(process.argv[3] ?? 5_000);
const START_LIMIT_MS = 180_000;
const SETTLE_MS = 15_000;
const folder = mkdtempSync(join(tmpdir(), 'komainu-bench-'));

console.log(`${testsBuilt ? 'dist' : 'sources'}, 2 shards`);
await measure('an empty cluster', 0, 0, []);
await measure(`${ingresses} Ingresses, Services and EndpointSlices, ${secrets} Secrets`, ingresses, secrets, []);
await measure('the same, with a state file', ingresses, secrets, ['--state-dir', join(folder, 'state')]);
rmSync(folder, { recursive: true });

async function measure(
  what: string,
  ingressCount: number,
  secretCount: number,
  flags: readonly string[],
): Promise<void> {
  const api = fork(join(import.meta.dirname, 'many-objects.ts'), [String(ingressCount), String(secretCount)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const [url] = (await once(api, 'message')) as [string];
  const args = ['--kubernetes', '--kubeconfig', kubeconfig(url), '--secret-scope', 'all', ...flags];
  const begin = performance.now();
  const komainu = await startKomainu({ args, waits: false });
  await komainu.until('it serves', () => komainu.event('serving'), START_LIMIT_MS);
  await komainu.serving();
  const readyMs = performance.now() - begin;
  const cpuSeconds = (await komainu.metrics()).get('process_cpu_seconds_total') ?? 0;
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  console.log(
    `${what}: ready after ${(readyMs / 1000).toFixed(2)} s and ${cpuSeconds.toFixed(2)} s of processor time; ${await residence(komainu)}`,
  );
  await komainu[Symbol.asyncDispose]();
  api.kill();
}

async function residence(komainu: Komainu): Promise<string> {
  const mib = (field: string): string => `${(statusBytes(komainu.pid, field) / 2 ** 20).toFixed(0)} MiB`;
  const metrics = await komainu.metrics();
  const objects = [...metrics].filter(([name]) => name.startsWith('komainu_kubernetes_objects'));
  const held = objects.reduce((sum, [, count]) => sum + count, 0);
  return `${held} objects held; resident ${mib('VmRSS')}, at most ${mib('VmHWM')}`;
}

function kubeconfig(server: string): string {
  const file = join(folder, 'kubeconfig');
  const context = { name: 'bench', context: { cluster: 'bench', user: 'bench' } };
  const clusters = [{ name: 'bench', cluster: { server } }];
  const users = [{ name: 'bench', user: {} }];
  writeFileSync(file, JSON.stringify({ 'current-context': 'bench', contexts: [context], clusters, users }));
  return file;
}
