import { expect, test } from 'vitest';
import { resources } from '../../../../src/control/cluster/resources.ts';
import { ObjectStore } from '../../../../src/control/object-store.ts';
import { RefusalLedger } from '../../../../src/control/refusal-ledger.ts';
import { admit } from '../../../../src/control/sources/admit/admit.ts';
import { TlsReferences } from '../../../../src/control/sources/kubernetes/tls-references.ts';
import { type WatchedObject, watchedObject } from '../../../../src/control/sources/kubernetes/watched-object.ts';
import type { KubeObject } from '../../../../src/model/objects.ts';
import { silentLog } from '../../../../src/observe/log.ts';
import { type CertificatePair, pairs } from '../../../support/certificate-pairs.ts';
import { clusterIngress, ingressClass, tlsSecret } from '../../../support/cluster-stage.ts';
import type { Raw } from '../../../support/fake-api/raw.ts';
import { HandClock } from '../../../support/hand-clock.ts';

const object = (raw: Raw, apiVersion: string): KubeObject =>
  admit({ ...raw, apiVersion }, { file: '', folder: false }).objects[0] as KubeObject;
const ingress = (name: string, secrets: readonly string[], spec: object = {}): KubeObject =>
  object(
    clusterIngress(name, [{ service: 's' }], 'shop', { tls: secrets.map((secretName) => ({ secretName })), ...spec }),
    'networking.k8s.io/v1',
  );
const klass = (name?: string): KubeObject => object(ingressClass(name), 'networking.k8s.io/v1');
const secret = (pair: CertificatePair): WatchedObject =>
  watchedObject(tlsSecret('x', 'shop', pair) as unknown as Record<string, unknown>, resources.secret, false);

function scene() {
  const store = new ObjectStore();
  const ledger = new RefusalLedger(silentLog);
  const clock = new HandClock();
  const wanted = new Set<string>();
  const known = new Map<string, WatchedObject | 'missing'>();
  const options = {
    ingressClass: 'komainu',
    controller: 'komainu.dev/ingress-controller',
    defaultBackend: undefined,
    externalName: false,
  };
  const tls = new TlsReferences({
    ...{ store, ledger, options, clock },
    find: ({ name }) => known.get(name) ?? 'unknown',
    want: ({ namespace, name }) => wanted.add(`${namespace}/${name}`),
    forget: ({ namespace, name }) => wanted.delete(`${namespace}/${name}`),
  });
  const say = (name: string, found: WatchedObject | 'missing'): void => {
    known.set(name, found);
    tls.secretChanged({ namespace: 'shop', name });
  };
  const refused = (): string[] => {
    while (!tls.settled) clock.advance(1);
    return ledger.all().map(({ object, field, reason }) => `${object?.name} ${field} ${reason}`);
  };
  return { store, tls, wanted, say, refused, clock, ledger };
}

test('a Secret is wanted while an Ingress of ours names it, once however many do', () => {
  const { store, wanted } = scene();
  store.apply({ put: [klass(), ingress('a', ['one', 'two', 'one']), ingress('b', ['two'])], remove: [] });
  expect([...wanted]).toEqual(['shop/one', 'shop/two']);
  store.apply({ put: [ingress('a', ['three'])], remove: [] });
  expect([...wanted].sort()).toEqual(['shop/three', 'shop/two']);
  store.apply({ put: [], remove: [{ kind: 'Ingress', namespace: 'shop', name: 'b' }] });
  expect([...wanted]).toEqual(['shop/three']);
});

test('a class that comes or goes makes Ingresses ours or not', () => {
  const { store, wanted, say, refused } = scene();
  store.apply({ put: [ingress('a', ['one'])], remove: [] });
  expect([...wanted]).toEqual([]);
  store.apply({ put: [klass()], remove: [] });
  expect([...wanted]).toEqual(['shop/one']);
  say('one', 'missing');
  expect(refused()).toEqual(['a spec.tls[0].secretName SecretMissing']);
  const gone = { kind: 'IngressClass', namespace: '', name: 'komainu' };
  store.apply({ put: [], remove: [gone, { kind: 'Ingress', namespace: 'shop', name: 'nobody' }] });
  expect([...wanted]).toEqual([]);
  expect(refused()).toEqual([]);
});

const mixed = { certificate: pairs[0].certificate, key: pairs[1].key };
test.each<[string, CertificatePair, string]>([
  ['a key of another certificate', mixed, 'does not belong'],
  [
    'a certificate that is none',
    { ...pairs[0], certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
    'cannot be read as a certificate',
  ],
  [
    'a key that is none',
    { ...pairs[0], key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n' },
    'cannot be read as a private key',
  ],
  ['no certificate', { ...pairs[0], certificate: '' }, 'it has no tls.crt'],
])('%s is refused on the field that names it', (_, pair, why) => {
  const { store, say, refused, ledger } = scene();
  store.apply({ put: [klass(), ingress('a', ['good', 'bad'])], remove: [] });
  say('good', secret(pairs[0]));
  say('bad', secret(pair));
  expect(refused()).toEqual(['a spec.tls[1].secretName SecretInvalid']);
  expect(ledger.all()[0].message).toMatch(new RegExp(`^Secret shop/bad cannot be used: .*${why}`));
  say('bad', secret(pairs[1]));
  expect(refused()).toEqual([]);
});

test('of what nobody could say nothing is refused, until it is asked again', () => {
  const { store, refused, tls } = scene();
  store.apply({ put: [klass(), ingress('a', ['one'])], remove: [] });
  expect(refused()).toEqual([]);
  tls.lookAgain();
  expect(tls.settled).toBe(false);
  expect(refused()).toEqual([]);
});

test('many certificates are looked at in slices', () => {
  const { store, say, clock, refused, ledger } = scene();
  const many = Array.from({ length: 50 }, (_, i) => ingress(`i${i}`, ['one']));
  store.apply({ put: [klass(), ...many], remove: [] });
  say('one', 'missing');
  const now = clock.now.bind(clock);
  let asked = 0;
  clock.now = () => now() + asked++ * 3; // as if each look took 3 ms
  const slices: number[] = [];
  ledger.onChange((came) => slices.push(came.length));
  expect(refused()).toHaveLength(50);
  expect(Math.max(...slices)).toBeLessThan(5);
});
