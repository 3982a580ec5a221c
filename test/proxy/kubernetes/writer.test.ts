import { expect, test } from 'vitest';
import { clusterIngress, startClusterStage } from '../../support/cluster-stage.ts';
import type { FakeApi } from '../../support/fake-api/fake-api.ts';
import { waitUntil } from '../../support/wait-until.ts';

const holderOf = (api: FakeApi, name = 'komainu-leader'): string | undefined =>
  (api.get('Lease', name)?.spec as { holderIdentity?: string } | undefined)?.holderIdentity;

const addressesOf = (api: FakeApi, name: string): string | undefined => {
  const status = api.get('Ingress', name)?.status as { loadBalancer?: { ingress?: { ip?: string }[] } } | undefined;
  return status?.loadBalancer?.ingress?.map(({ ip }) => ip).join(' ');
};

const writesOf = (api: FakeApi) =>
  api.requests
    .filter(({ verb }) => !['get', 'list', 'watch'].includes(verb))
    .map(({ verb, kind }) => `${verb} ${kind}`);

test('one process alone leads, writes the status, tells a refusal and gives the Lease back at its end', async () => {
  await using stage = await startClusterStage();
  stage.route('web');
  const komainu = await stage.start(['--publish-address', '192.0.2.1'], { env: { POD_NAME: 'komainu-0' } });
  await waitUntil('the status', () => addressesOf(stage.api, 'web') === '192.0.2.1');
  expect(holderOf(stage.api)).toBe('komainu-0');
  stage.put(clusterIngress('bad', [{ host: 'bad.test', service: 'missing' }]));
  const [event] = await waitUntil('an Event', () => stage.api.all('Event').length > 0 && stage.api.all('Event'));
  expect(event).toMatchObject({
    reason: 'ServiceMissing',
    type: 'Warning',
    regarding: {
      kind: 'Ingress',
      name: 'bad',
      namespace: 'default',
      uid: stage.api.get('Ingress', 'bad')?.metadata.uid,
    },
    reportingController: 'komainu.dev/ingress-controller',
    reportingInstance: 'komainu-0',
  });
  expect(String(event.note)).toContain('missing');
  const ready = await komainu.admin('/readyz?verbose');
  expect(ready.text).toContain('[+]leader ok: this process leads\n[+]status ok');
  const metrics = (await komainu.admin('/metrics')).text;
  expect(metrics).toContain('\nkomainu_leader 1\n');
  expect(metrics).toMatch(/^komainu_kubernetes_events_total\{outcome="written"\} 1$/m);
  await komainu.stop();
  expect(holderOf(stage.api)).toBe('');
});

test('of two, one writes; when it ends, the other takes over at once and writes nothing that stands already', async () => {
  await using stage = await startClusterStage();
  stage.route('web');
  const args = ['--publish-address', '192.0.2.1'];
  const first = await stage.start(args, { env: { POD_NAME: 'komainu-0' } });
  await waitUntil('the first leads', () => holderOf(stage.api) === 'komainu-0');
  const second = await stage.start(args, { env: { POD_NAME: 'komainu-1' } });
  await waitUntil('the status', () => addressesOf(stage.api, 'web') === '192.0.2.1');
  expect((await second.admin('/readyz?verbose')).text).toContain('[+]leader ok: komainu-0 leads');
  const before = stage.api.count('patch', 'Ingress');
  await first.stop();
  await waitUntil('the second leads', () => holderOf(stage.api) === 'komainu-1', { deadlineMs: 2_000 });
  stage.route('more');
  await waitUntil('it writes', () => addressesOf(stage.api, 'more') === '192.0.2.1');
  expect(stage.api.count('patch', 'Ingress') - before).toBe(1);
});

test('a worker, and one that is told to write nothing, write nothing', async () => {
  await using stage = await startClusterStage();
  stage.route('web');
  stage.put(clusterIngress('bad', [{ host: 'bad.test', service: 'missing' }]));
  const worker = await stage.start(['--role', 'worker', '--publish-address', '192.0.2.1']);
  const reader = await stage.start(['--update-status=false', '--write-events=false']);
  for (const one of [worker, reader]) {
    await one.until('it has refused', async () => (await one.admin('/api/refusals')).text.includes('ServiceMissing'));
    expect((await one.admin('/metrics')).text).not.toContain('komainu_leader');
  }
  expect(writesOf(stage.api)).toEqual([]);
});

test('an API server that goes away holds up neither the traffic nor the end', async () => {
  await using stage = await startClusterStage();
  stage.route('web');
  const komainu = await stage.start(['--publish-address', '192.0.2.1']);
  await waitUntil('the status', () => addressesOf(stage.api, 'web') === '192.0.2.1');
  stage.api.fault({ on: 'any', misdeed: { do: 'hang' } });
  const since = performance.now();
  await komainu.stop();
  expect(performance.now() - since).toBeLessThan(8_000);
});
