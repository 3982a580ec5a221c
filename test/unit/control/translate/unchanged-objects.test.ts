import { beforeEach, expect, test } from 'vitest';
import { finish } from '../../../../src/base/slices.ts';
import { ObjectStore } from '../../../../src/control/object-store.ts';
import { admit } from '../../../../src/control/sources/admit/admit.ts';
import { Translation } from '../../../../src/control/translate/translation.ts';
import { usualOptions } from './read-case.ts';

const origin = { file: 'a.yaml', folder: true };
let store: ObjectStore;
let translation: Translation;

const put = (raw: object): void => store.apply({ put: admit(raw, origin).objects, remove: [] });

const ingress = (name: string, path = '/'): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name },
  spec: {
    rules: [
      {
        host: `${name}.test`,
        http: { paths: [{ path, pathType: 'Prefix', backend: { service: { name, port: { number: 80 } } } }] },
      },
    ],
  },
});

const service = (name: string, extra: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...extra },
});

const slice = (service: string, address: string, name = `${service}-1`): object => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name, labels: { 'kubernetes.io/service-name': service } },
  addressType: 'IPv4',
  ports: [{ port: 8080 }],
  endpoints: [{ addresses: [address] }],
});

function translate() {
  const { routes, backends } = finish(translation.run());
  return { rules: routes.rules, backends: backends.backends };
}

beforeEach(() => {
  store = new ObjectStore();
  translation = new Translation(store, usualOptions);
  store.onChange((change) => translation.note(change));
  for (const name of ['a', 'b']) {
    put(ingress(name));
    put(service(name));
    put(slice(name, '10.0.0.1'));
  }
});

test('a changed Ingress gives new rules; the rules of the others are the same objects', () => {
  const before = translate();
  put(ingress('a', '/new'));
  const after = translate();
  expect(after.rules.map((rule) => rule.path)).toEqual(['/new', '']);
  expect(after.rules[1]).toBe(before.rules[1]);
  expect(after.backends[0]).toBe(before.backends[0]);
});

test('a changed slice gives a new backend; the others are the same objects', () => {
  const before = translate();
  put(slice('b', '10.0.0.2'));
  const after = translate();
  expect(after.backends[0]).toBe(before.backends[0]);
  expect(after.backends[1].endpoints).toEqual([{ address: '10.0.0.2', port: 8080, weight: 1 }]);
});

test('slices that come and go are seen', () => {
  translate();
  put(slice('a', '10.0.0.2', 'a-2'));
  expect(translate().backends[0].endpoints).toHaveLength(2);
  store.apply({ put: [], remove: [{ kind: 'EndpointSlice', namespace: 'default', name: 'a-2' }] });
  expect(translate().backends[0].endpoints).toEqual([{ address: '10.0.0.1', port: 8080, weight: 1 }]);
});

test('a changed Service is seen', () => {
  translate();
  put(service('a', { ports: [{ name: 'http', port: 80 }] }));
  expect(translate().backends[0].endpoints).toEqual([]);
});

test('a Service that is gone leaves its backend without endpoints, and its return brings them back', () => {
  const before = translate();
  store.apply({ put: [], remove: [{ kind: 'Service', namespace: 'default', name: 'a' }] });
  const gone = translate();
  expect(gone.rules).toEqual(before.rules);
  expect(gone.backends[0].endpoints).toEqual([]);
  put(service('a'));
  expect(translate().backends).toEqual(before.backends);
});

test('what is put again as it was changes nothing', () => {
  const before = finish(translation.run());
  for (const raw of [ingress('a'), service('a'), slice('a', '10.0.0.1')]) put(raw);
  const after = finish(translation.run());
  expect(after.routes).toBe(before.routes);
  expect(after.backends).toBe(before.backends);
});
