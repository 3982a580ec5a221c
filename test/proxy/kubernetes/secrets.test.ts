import { expect, test } from 'vitest';
import { pairs } from '../../support/certificate-pairs.ts';
import {
  type ClusterStage,
  clusterIngress,
  ingressClass,
  startClusterStage,
  tlsSecret,
} from '../../support/cluster-stage.ts';
import type { Komainu } from '../../support/start-komainu.ts';

/** An Ingress with a certificate of its name. */
const secured = (name: string, secrets: readonly string[], spec: object = {}) =>
  clusterIngress(name, [{ host: `${name}.test`, service: name }], 'default', {
    tls: secrets.map((secretName) => ({ secretName })),
    ...spec,
  });

interface Refused {
  readonly object: { readonly name: string };
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

const refusals = async (komainu: Komainu): Promise<readonly Refused[]> =>
  (await komainu.api<{ refusals: readonly Refused[] }>('refusals')).refusals.filter(({ reason }) =>
    reason.startsWith('Secret'),
  );

/** Waits until these are refused, `reason field`, by Ingress. */
const refused = (komainu: Komainu, wanted: Readonly<Record<string, string>>, deadlineMs = 30_000): Promise<unknown> =>
  komainu.until(
    `refused is ${JSON.stringify(wanted)}`,
    async () => {
      const found = Object.fromEntries(
        (await refusals(komainu)).map(({ object, field, reason }) => [object.name, `${reason} ${field}`]),
      );
      return JSON.stringify(Object.entries(found).sort()) === JSON.stringify(Object.entries(wanted).sort());
    },
    deadlineMs,
  );

const secretPaths = (stage: ClusterStage): readonly string[] =>
  stage.api.requests.filter(({ kind }) => kind === 'Secret').map(({ verb, path }) => `${verb} ${path}`);

/** Whatever the program ever says is without the key. */
async function expectNoKey(komainu: Komainu): Promise<void> {
  const pages = ['routes', 'backends', 'refusals', 'source', 'settings'].map((name) => komainu.admin(`/api/${name}`));
  const said = [
    ...(await Promise.all(pages)).map(({ text }) => text),
    JSON.stringify(komainu.log),
    ...komainu.lines,
  ].join('\n');
  for (const { key } of pairs) {
    const inner = key.split('\n')[1];
    expect(said).not.toContain(inner);
    expect(said).not.toContain(Buffer.from(key).toString('base64').slice(40, 80));
  }
}

test('only Secrets that an Ingress of ours names are read, by their names, and what is wrong stands on the Ingress', async () => {
  await using stage = await startClusterStage();
  stage.route('good', 'missing', 'wrong', 'foreign', 'mixed');
  stage.put(
    tlsSecret('good-tls'),
    tlsSecret('unnamed'),
    tlsSecret('foreign-tls'),
    tlsSecret('missing-tls', 'elsewhere'),
  );
  const wrong = tlsSecret('wrong-tls', 'default', { certificate: pairs[0].certificate, key: pairs[1].key });
  stage.put(
    wrong,
    secured('good', ['good-tls']),
    secured('missing', ['missing-tls']),
    secured('wrong', ['good-tls', 'wrong-tls']),
  );
  stage.put({ ...ingressClass('other'), spec: { controller: 'other.test/controller' } });
  stage.put(secured('foreign', ['foreign-tls'], { ingressClassName: 'other' }));
  const komainu = await stage.start(['--log-level', 'debug']);
  await refused(komainu, {
    missing: 'SecretMissing spec.tls[0].secretName',
    wrong: 'SecretInvalid spec.tls[1].secretName',
  });
  const root = 'get /api/v1/namespaces/default/secrets';
  expect([...new Set(secretPaths(stage))].sort()).toEqual([
    `${root}/good-tls`,
    `${root}/missing-tls`,
    `${root}/wrong-tls`,
  ]);

  stage.put(tlsSecret('missing-tls'), tlsSecret('wrong-tls'));
  await refused(komainu, {});
  stage.put({ ...tlsSecret('good-tls'), type: 'Opaque' });
  await refused(komainu, {
    good: 'SecretInvalid spec.tls[0].secretName',
    wrong: 'SecretInvalid spec.tls[0].secretName',
  });
  stage.put(secured('good', []), secured('wrong', ['wrong-tls']));
  await refused(komainu, {});
  const count = stage.api.count('get', 'Secret');
  await komainu.until('a round goes by', () => stage.api.count('get', 'Secret') > count + 2);
  expect(
    secretPaths(stage)
      .slice(-2)
      .some((path) => path.endsWith('/good-tls')),
  ).toBe(false);
  // Not one list or watch of Secrets, of the cluster or of a namespace.
  expect(stage.api.count('list', 'Secret') + stage.api.count('watch', 'Secret')).toBe(0);
  await expectNoKey(komainu);
});

test('an Ingress that becomes ours by its class has its Secrets read then', async () => {
  await using stage = await startClusterStage();
  stage.route('a');
  stage.put(secured('a', ['a-tls'], { ingressClassName: 'late' }));
  const komainu = await stage.start();
  expect(stage.api.count('get', 'Secret')).toBe(0);
  stage.put(ingressClass('late'));
  await refused(komainu, { a: 'SecretMissing spec.tls[0].secretName' });
  stage.api.remove('IngressClass', 'late');
  await refused(komainu, {});
});

test('with the scope all, those of type kubernetes.io/tls are watched', async () => {
  await using stage = await startClusterStage();
  stage.route('a', 'b');
  stage.put(
    tlsSecret('a-tls'),
    { ...tlsSecret('b-tls'), type: 'Opaque' },
    secured('a', ['a-tls']),
    secured('b', ['b-tls']),
  );
  const komainu = await stage.start(['--secret-scope', 'all']);
  await refused(komainu, { b: 'SecretMissing spec.tls[0].secretName' });
  const asked = stage.api.requests.filter(({ kind }) => kind === 'Secret');
  expect(asked.length).toBeGreaterThan(0);
  expect(
    asked.every(({ query }) => query.get('fieldSelector') === 'type=kubernetes.io/tls' || query.has('continue')),
  ).toBe(true);
  stage.put(tlsSecret('a-tls', 'default', { certificate: 'garbage', key: pairs[0].key }));
  await refused(komainu, { a: 'SecretInvalid spec.tls[0].secretName', b: 'SecretMissing spec.tls[0].secretName' });
  stage.api.remove('Secret', 'a-tls');
  await refused(komainu, { a: 'SecretMissing spec.tls[0].secretName', b: 'SecretMissing spec.tls[0].secretName' });
  stage.put(tlsSecret('a-tls'), tlsSecret('b-tls'));
  await refused(komainu, {});
  await expectNoKey(komainu);
});
