import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  answers,
  type ClusterStage,
  clusterIngress,
  get,
  startClusterStage,
  tlsSecret,
} from '../../support/cluster-stage.ts';
import { inStep, keepAsking } from '../../support/cluster-traffic.ts';
import type { Komainu } from '../../support/start-komainu.ts';

const fileOf = (stage: ClusterStage): string => join(stage.folder, 'state', 'komainu-state.jsonl');
const flags = (stage: ClusterStage): string[] => ['--state-dir', join(stage.folder, 'state')];

/** A program that has read the cluster, and has ended. */
async function leaveState(stage: ClusterStage): Promise<void> {
  const komainu = await stage.start(flags(stage));
  expect(await komainu.stop()).toMatchObject({ code: 0 });
}

const warning = async (komainu: Komainu): Promise<string | undefined> =>
  (await komainu.admin('/readyz?verbose')).text.split('\n').find((line) => line.startsWith('[!]cluster warning'));

test('with a state file it serves, ready, while the API server is away, and says how old that is; then the cluster takes over', async () => {
  await using stage = await startClusterStage();
  stage.route('a', 'b');
  await leaveState(stage);
  await stage.api.down();
  const komainu = await stage.start(flags(stage));
  expect(await get(komainu, 'a.test', '/x')).toMatchObject({ status: 200, text: 'a.test /x' });
  const ready = await komainu.admin('/readyz?verbose');
  expect(ready.status).toBe(200);
  expect(ready.text).toMatch(/\[!\]cluster warning: what is served is \d+ s old: the state file of 20/);
  const metrics = await komainu.metrics();
  expect(metrics.get('komainu_kubernetes_from_state_file')).toBe(1);
  expect(metrics.get('komainu_kubernetes_stale_seconds')).toBeGreaterThan(0);
  expect(komainu.event('the state file counts until the cluster is read')).toBeDefined();

  stage.api.remove('Ingress', 'b');
  stage.route('c');
  const traffic = await keepAsking(komainu, ['a.test']);
  await stage.api.up();
  await answers(komainu, 'c.test', 200);
  expect((await get(komainu, 'b.test')).status).toBe(404);
  await inStep(komainu, stage.api);
  await komainu.until('nothing is stale', async () => (await warning(komainu)) === undefined);
  expect((await komainu.metrics()).get('komainu_kubernetes_from_state_file')).toBe(0);
  expect(await traffic.stop()).toMatchObject({ wrong: [] });
});

test('a cluster that says much less than the file is read once more before it counts', async () => {
  await using stage = await startClusterStage();
  stage.route('a', 'b', 'c', 'd', 'e');
  await leaveState(stage);
  await stage.api.down();
  const komainu = await stage.start(flags(stage));
  stage.api.fault({ on: 'list', kind: 'Ingress', times: 1, misdeed: { do: 'lie', objects: () => [] } });
  const traffic = await keepAsking(komainu, ['a.test', 'b.test', 'c.test', 'd.test', 'e.test']);
  await stage.api.up();
  await komainu.until('it is served from the cluster', async () => (await warning(komainu)) === undefined);
  expect(komainu.event('the cluster says much less than the state file, it is read once more')).toBeDefined();
  expect(await traffic.stop()).toMatchObject({ wrong: [] });
  await inStep(komainu, stage.api);
});

test('when most of it has really gone, the second reading counts', async () => {
  await using stage = await startClusterStage();
  stage.route('a', 'b', 'c', 'd', 'e');
  await leaveState(stage);
  await stage.api.down();
  for (const name of ['a', 'b', 'c', 'd']) stage.api.remove('Ingress', name);
  const komainu = await stage.start(flags(stage));
  expect((await get(komainu, 'a.test')).status).toBe(200);
  await stage.api.up();
  await answers(komainu, 'a.test', 404);
  await inStep(komainu, stage.api);
});

test('an API server that takes the request and says nothing is away too', async () => {
  await using stage = await startClusterStage();
  stage.route('a');
  await leaveState(stage);
  stage.api.fault({ on: 'list', misdeed: { do: 'hang' } });
  const komainu = await stage.start(flags(stage));
  expect((await get(komainu, 'a.test')).status).toBe(200);
});

test('the file is there some seconds after a change, for its owner alone, and holds no Secret', async () => {
  await using stage = await startClusterStage();
  stage.route('a');
  stage.put(
    tlsSecret('a-tls'),
    clusterIngress('t', [{ host: 't.test', service: 'a' }], 'default', { tls: [{ secretName: 'a-tls' }] }),
  );
  const komainu = await stage.start([...flags(stage), '--secret-scope', 'all']);
  await komainu.until('it is written', () => existsSync(fileOf(stage)));
  expect(statSync(fileOf(stage)).mode & 0o777).toBe(0o600);
  expect(statSync(join(stage.folder, 'state')).mode & 0o777).toBe(0o700);
  stage.route('later');
  await komainu.until('the change is in it', () => readFileSync(fileOf(stage), 'utf8').includes('later.test'));
  await komainu.stop();
  const text = readFileSync(fileOf(stage), 'utf8');
  expect(text).toContain('a.test');
  expect(text).not.toMatch(/"kind":"Secret"|tls\.key|PRIVATE/);
  expect(readdirSync(join(stage.folder, 'state'))).toHaveLength(1);
  expect(await stage.api.get('Secret', 'a-tls')).toBeDefined();
});

test('a program that was killed leaves a file that counts', async () => {
  await using stage = await startClusterStage();
  stage.route('a');
  const first = await stage.start(flags(stage));
  await first.until('it is written', () => existsSync(fileOf(stage)));
  first.signal('SIGKILL');
  await first.ended;
  await stage.api.down();
  const komainu = await stage.start(flags(stage));
  expect((await get(komainu, 'a.test')).status).toBe(200);
});

test('a state file that does not count is told, and harms nothing', async () => {
  await using stage = await startClusterStage();
  stage.route('a');
  await leaveState(stage);
  truncateSync(fileOf(stage), statSync(fileOf(stage)).size - 90);
  await stage.api.down();
  const komainu = await stage.start(flags(stage), { waits: false });
  await komainu.until('it is told', () => komainu.event('the state file does not count'));
  expect(komainu.event('serving')).toBeUndefined();
  await stage.api.up();
  await komainu.serving();
  expect((await get(komainu, 'a.test')).status).toBe(200);
});

test('a folder that cannot be one is said at the start', async () => {
  await using stage = await startClusterStage();
  writeFileSync(join(stage.folder, 'plain'), '');
  const komainu = await stage.start(['--state-dir', join(stage.folder, 'plain')], { waits: false });
  expect(await komainu.ended).toMatchObject({ code: 78 });
  expect(komainu.story()).toContain('stateDir cannot be used');
});
