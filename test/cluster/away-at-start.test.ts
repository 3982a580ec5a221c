import { existsSync, mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { get } from '../support/raw-client.ts';
import type { Komainu } from '../support/start-komainu.ts';
import { untilAnswers } from './support/ask-pod.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { ingressClass, site } from './support/objects.ts';
import { type Pod, startPod } from './support/pods.ts';
import { quietPort } from './support/quiet-port.ts';
import { startInCluster, untilReady } from './support/start-in-cluster.ts';

const HEARD_AGAIN_MS = 90_000;

let cluster: Cluster;
let pod: Pod;
let kubeconfig: string;

beforeEach(async () => {
  cluster = await startCluster();
  pod = await startPod('web');
  kubeconfig = cluster.kubeconfig();
  await cluster.admin.apply(ingressClass(), ...site('web', 'web.test', [pod]), ...site('old', 'old.test', [pod]));
});
afterEach(async () => {
  await pod?.stop();
  await cluster?.[Symbol.asyncDispose]();
});

/** The only cluster that is left while the API server is away, and what it says once that is back. */
async function expectToFollow(komainu: Komainu): Promise<void> {
  await cluster.startApiServer();
  await cluster.admin.apply(...site('new', 'new.test', [pod]));
  await cluster.admin.remove(site('old', 'old.test', [])[0]);
  await untilAnswers(komainu, 'new.test', 'web', { deadlineMs: HEARD_AGAIN_MS });
  await untilAnswers(komainu, 'old.test', 404);
  await untilAnswers(komainu, 'web.test', 'web');
}

test('with a state file what was last known is served, said to be old, and brought up to date', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'state-'));
  const args = ['--state-dir', stateDir];
  const file = join(stateDir, 'komainu-state.jsonl');
  {
    await using first = await startInCluster({ kubeconfig, args });
    await first.until('the state is kept', () => existsSync(file) && readFileSync(file, 'utf8').includes('old.test'));
  }
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await cluster.apiServer.kill();
  await using second = await startInCluster({ kubeconfig, args });
  await untilAnswers(second, 'web.test', 'web');
  await untilAnswers(second, 'old.test', 'web');
  expect((await second.admin('/readyz?verbose')).text).toMatch(
    /\[!\]cluster warning: what is served is .* old: the state file/,
  );
  await expectToFollow(second);
  await second.until(
    'it is no longer old',
    async () => !(await second.admin('/readyz?verbose')).text.includes('state file'),
  );
});

test('without one it waits, not ready and alive, and serves as soon as it can', async () => {
  await cluster.apiServer.kill();
  const adminPort = await quietPort();
  const args = ['--admin-port', String(adminPort)];
  await using komainu = await startInCluster({ kubeconfig, args, waits: false });
  const status = async (path: string): Promise<number> =>
    await get(adminPort, 'localhost', path).then(
      ({ status }) => status,
      () => 0,
    );
  await komainu.until('it says that it is not ready', async () => (await status('/readyz')) === 503);
  await komainu.until('it has tried for a while', () => komainu.log.some(({ retryMs }) => (retryMs as number) > 200));
  expect(await status('/readyz')).toBe(503);
  expect(await status('/livez')).toBe(200);
  expect(komainu.running).toBe(true);
  await cluster.startApiServer();
  await komainu.serving();
  await untilReady(komainu);
  await untilAnswers(komainu, 'web.test', 'web');
});
