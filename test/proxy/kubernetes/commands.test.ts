import { expect, test } from 'vitest';
import { type ClusterStage, clusterIngress, startClusterStage } from '../../support/cluster-stage.ts';
import { runWords } from '../../support/scripted-terminal.ts';

const run = (stage: ClusterStage, ...words: readonly string[]): ReturnType<typeof runWords> =>
  runWords([...words, ...stage.flags()]);

test('check reads the cluster once and prints what is refused, with the Secrets that are named', async () => {
  await using stage = await startClusterStage();
  stage.route('a');
  expect(await run(stage, 'check')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/: no problems; 1 rule, 1 backend$/),
  });
  stage.put(clusterIngress('b', [{ host: 'b.test', service: 'none' }], 'default', { tls: [{ secretName: 'b-tls' }] }));
  const { code, out } = await run(stage, 'check');
  expect(code).toBe(1);
  expect(out).toMatch(
    /Ingress default\/b: spec\.tls\[0\]\.secretName.*Secret default\/b-tls does not exist \(SecretMissing\)/,
  );
  expect(out).toMatch(/Ingress default\/b: .*\(ServiceMissing\)/);
  const report = JSON.parse((await run(stage, 'check', '--json')).out);
  expect(report).toMatchObject({ settings: [], cluster: stage.api.url, rules: 2 });
  expect(report.refusals).toHaveLength(2);
});

test('check says what of the cluster cannot be read', async () => {
  await using stage = await startClusterStage();
  stage.route('a');
  stage.api.forbid('IngressClass');
  const partly = await run(stage, 'check');
  expect(partly.code).toBe(1);
  expect(partly.out).toMatch(/^warning: IngressClass cannot be read and is left out: 403 /);
  stage.api.forbid('Service');
  const unread = await run(stage, 'check');
  expect([unread.code, unread.out]).toEqual([69, 'settings: no problems']);
  expect(unread.err).toMatch(/^komainu: The cluster at http:.* cannot be read: Service cannot be read: 403 /);
  await stage.api.down();
  expect((await run(stage, 'check')).code).toBe(69);
  const json = await run(stage, 'check', '--json');
  expect(JSON.parse(json.out)).toEqual({
    settings: [],
    refusals: [],
    unread: expect.stringContaining('cannot be read'),
  });
});

test('routes and explain read the cluster once', async () => {
  await using stage = await startClusterStage();
  stage.route('a');
  const routes = await run(stage, 'routes');
  expect([routes.code, routes.out]).toEqual([
    0,
    expect.stringMatching(/a\.test +\/ +Prefix +default\/a:80 +127\.0\.0\.1:\d+ +Ingress default\/a/),
  ]);
  const found = await run(stage, 'explain', 'GET', 'http://a.test/x');
  expect([found.code, found.out]).toEqual([
    0,
    expect.stringContaining('Taken by Ingress default/a, spec.rules[0].http.paths[0]'),
  ]);
  expect((await run(stage, 'explain', 'GET', 'http://b.test/')).code).toBe(1);
  stage.api.unlearn('IngressClass');
  expect((await run(stage, 'routes')).err).toMatch(/^komainu: warning: IngressClass cannot be read/);
});

test('without a way to a cluster each command says so with 78', async () => {
  for (const words of [['check'], ['routes'], ['explain', 'GET', 'http://a.test/']]) {
    const { code, err } = await runWords([...words, '--kubernetes', '--kubeconfig', '/nowhere/kubeconfig']);
    expect([code, err]).toEqual([78, expect.stringContaining('/nowhere/kubeconfig')]);
  }
});
