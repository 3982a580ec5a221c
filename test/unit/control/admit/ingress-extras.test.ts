import { expect, test } from 'vitest';
import { admit } from '../../../../src/control/sources/admit/admit.ts';
import type { Ingress } from '../../../../src/model/objects.ts';

const cluster = { file: '', folder: false };
const folder = { file: 'web.yaml', folder: true };
const backend = { service: { name: 'web', port: { number: 80 } } };

const ingress = (spec: object, rest: object = {}, metadata: object = {}): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'web', ...metadata },
  spec: { defaultBackend: backend, ...spec },
  ...rest,
});
const admitted = (raw: object, origin = cluster): Ingress => admit(raw, origin).objects[0] as Ingress;

test('the Secrets of spec.tls are kept with the field that names them', () => {
  const tls = [
    { hosts: ['a.test'], secretName: 'a-tls' },
    { hosts: ['b.test'] },
    { secretName: '' },
    { secretName: 'c' },
  ];
  expect(admitted(ingress({ tls }))).toMatchObject({
    tls: [
      { field: 'spec.tls[0].secretName', secretName: 'a-tls' },
      { field: 'spec.tls[3].secretName', secretName: 'c' },
    ],
    problems: [],
  });
});

test.each([
  ['no list', 'yes', 'spec.tls'],
  ['a name that cannot be', [{ secretName: '../b' }], 'spec.tls[0].secretName'],
  ['an entry that is no object', [7], 'spec.tls[0]'],
])('spec.tls with %s harms only itself', (_, tls, field) => {
  const found = admitted(ingress({ tls }), folder);
  expect(found).toMatchObject({ tls: [], defaultBackend: { service: 'web', port: 80 } });
  expect(found.problems).toMatchObject([{ field }]);
});

const status = { loadBalancer: { ingress: [{ ip: '10.0.0.1', ports: [] }, { hostname: 'lb.test' }, {}, 'garbage'] } };
const ownedStatus = { 'f:status': { 'f:loadBalancer': { 'f:ingress': {} } } };
const entry = { manager: 'komainu', operation: 'Apply', subresource: 'status', fieldsV1: ownedStatus };

test('the addresses in the status are kept, and whether we wrote them', () => {
  const addresses = [{ ip: '10.0.0.1' }, { hostname: 'lb.test' }];
  expect(admitted(ingress({}, { status }, { managedFields: [entry], resourceVersion: '7' }))).toMatchObject({
    meta: { resourceVersion: '7' },
    status: { addresses, writers: ['komainu'] },
  });
  expect(admitted(ingress({}, { status }, {})).status).toEqual({ addresses, writers: [] });
});

test.each([
  { ...entry, manager: 'other' },
  { ...entry, manager: 'komainu-like' },
  { ...entry, operation: 'Update' },
  { ...entry, subresource: undefined },
  { ...entry, fieldsV1: { 'f:spec': {} } },
  'garbage',
])('fields of other writers are not ours: %o', (other) => {
  expect(admitted(ingress({}, { status }, { managedFields: [other] })).status?.writers).toEqual([]);
});

test('a status of any shape refuses nothing', () => {
  for (const odd of [null, 5, { loadBalancer: [] }, { loadBalancer: { ingress: {} } }]) {
    expect(admitted(ingress({}, { status: odd })).status).toEqual({ addresses: [], writers: [] });
  }
});

test('an Ingress of a folder has no status', () => {
  expect(admitted(ingress({}, { status }), folder).status).toBeUndefined();
});
