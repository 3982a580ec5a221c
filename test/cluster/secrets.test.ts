import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Komainu } from '../support/start-komainu.ts';
import { type Account, grant, makeAccount, type PolicyRule } from './support/accounts.ts';
import type { AuditEntry } from './support/audit.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { ingress, ingressClass, namespaceObject, service, within } from './support/objects.ts';
import { startInCluster } from './support/start-in-cluster.ts';

const reading: readonly PolicyRule[] = [
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'ingressclasses'], verbs: ['list', 'watch'] },
  { apiGroups: [''], resources: ['services'], verbs: ['list', 'watch'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
];

const rightsOnSecrets = (...verbs: readonly string[]): PolicyRule => ({
  ...{ apiGroups: [''], resources: ['secrets'], verbs },
});

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.admin.apply(ingressClass(), ingressClass('theirs', 'example.com/other'), namespaceObject('shop'));
  await cluster.admin.apply(...within('shop', [service('web')]));
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const secret = (name: string, certificate: string, key: string): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'shop' },
  type: 'kubernetes.io/tls',
  data: { 'tls.crt': base64(certificate), 'tls.key': base64(key) },
});

const goodSecret = (name: string): object => secret(name, cluster.keyPair.certificate, cluster.keyPair.key);

/** An Ingress of the namespace `shop` whose TLS is in this Secret. */
const secured = (name: string, secretName: string, spec: object = {}): object => {
  const host = `${name}.test`;
  const [object] = within('shop', [
    ingress(name, [{ host, service: 'web' }], { tls: [{ hosts: [host], secretName }], ...spec }),
  ]);
  return object;
};

const callsOf = (account: Account): readonly AuditEntry[] =>
  cluster
    .audit()
    .filter(({ user, objectRef }) => user.username === account.username && objectRef?.resource === 'secrets');

async function untilRefused(komainu: Komainu, name: string, reason: string | undefined): Promise<void> {
  await komainu.until(
    `${name}: ${reason}`,
    async () => {
      const { refusals } = await komainu.api<{ refusals: { object: { name: string }; reason: string }[] }>('refusals');
      const found = refusals.find(({ object, reason }) => object.name === name && reason.startsWith('Secret'));
      return found?.reason === reason;
    },
    40_000,
  );
}

test('a Secret is asked for by name where an Ingress of ours names it, and followed', async () => {
  const account = await makeAccount(cluster, 'komainu', 'by-name');
  await grant(cluster, account, [...reading, rightsOnSecrets('get')]);
  const { kubeconfig } = account;
  await cluster.admin.apply(goodSecret('named'), goodSecret('unnamed'), goodSecret('of-theirs'));
  await cluster.admin.apply(secured('good', 'named'), secured('late', 'not-yet'));
  await cluster.admin.apply(secured('theirs', 'of-theirs', { ingressClassName: 'theirs' }));
  await using komainu = await startInCluster({ kubeconfig });
  await untilRefused(komainu, 'good', undefined);
  await untilRefused(komainu, 'late', 'SecretMissing');
  await cluster.admin.apply(secret('not-yet', 'no certificate', 'no key'));
  await untilRefused(komainu, 'late', 'SecretInvalid');
  await cluster.admin.apply(goodSecret('not-yet'));
  await untilRefused(komainu, 'late', undefined);
  const calls = callsOf(account);
  expect(new Set(calls.map(({ verb }) => verb))).toEqual(new Set(['get']));
  expect(new Set(calls.map(({ objectRef }) => objectRef?.name))).toEqual(new Set(['named', 'not-yet']));
  expect(calls.filter(({ responseStatus }) => ![200, 404].includes(responseStatus?.code as number))).toEqual([]);
});

test('with the setting for it all TLS Secrets are listed, and no other', async () => {
  const account = await makeAccount(cluster, 'komainu', 'all');
  await grant(cluster, account, [...reading, rightsOnSecrets('list', 'watch')]);
  await cluster.admin.apply(secured('listed', 'listed-tls'));
  await using komainu = await startInCluster({ kubeconfig: account.kubeconfig, args: ['--secret-scope', 'all'] });
  await untilRefused(komainu, 'listed', 'SecretMissing');
  await cluster.admin.apply(goodSecret('listed-tls'));
  await untilRefused(komainu, 'listed', undefined);
  for (const { verb, requestURI } of callsOf(account)) {
    expect(['list', 'watch']).toContain(verb);
    expect(decodeURIComponent(requestURI)).toContain('fieldSelector=type=kubernetes.io/tls');
  }
});

test('nothing of a key is in the log or behind the admin port', async () => {
  await cluster.admin.apply(goodSecret('hushed'), secured('hushed', 'hushed'), secured('broken', 'broken'));
  await cluster.admin.apply(secret('broken', cluster.keyPair.certificate, cluster.keyPair.key.slice(0, -100)));
  await using komainu = await startInCluster({ kubeconfig: cluster.kubeconfig(), args: ['--log-level', 'debug'] });
  await untilRefused(komainu, 'broken', 'SecretInvalid');
  const pages = ['/api/routes', '/api/backends', '/api/refusals', '/metrics', '/readyz?verbose'];
  const said = [JSON.stringify(komainu.log), ...komainu.lines];
  for (const page of pages) said.push((await komainu.admin(page)).text);
  const { key } = cluster.keyPair;
  for (const line of key.split('\n').filter((one) => one.length > 20 && !one.startsWith('-----'))) {
    for (const text of said) {
      expect(text).not.toContain(line);
      expect(text).not.toContain(base64(line).slice(0, 40));
    }
  }
});
