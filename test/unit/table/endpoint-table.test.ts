import { expect, test } from 'vitest';
import { defaultPolicy } from '../../../src/model/backend-policy.ts';
import { EndpointTable } from '../../../src/table/endpoint-table.ts';
import { type NumberedBackend, writeEndpoints } from '../../../src/table/write-endpoints.ts';

const allocate = (byteLength: number) => new SharedArrayBuffer(byteLength);
const written = (backends: readonly NumberedBackend[]) =>
  new EndpointTable(writeEndpoints(backends, { generation: 2, allocate }));

const shop: NumberedBackend = {
  id: 3,
  revision: -7,
  key: 'shop/web:80',
  endpoints: [
    { address: '10.0.0.1', port: 8080, weight: 1 },
    { address: 'fd00::1', port: 65_535, weight: 1000 },
  ],
  slots: [12, -1],
  policy: {
    balancing: { kind: 'cookie', name: 'sticky', salt: 'ünïcode' },
    proxyProtocol: 'v2',
    requestTrailers: true,
  },
};
const empty: NumberedBackend = {
  id: 0,
  revision: 1,
  key: 'ns/ünïcode:__proto__',
  endpoints: [],
  slots: [],
  policy: defaultPolicy,
};

test('what was written is read back', () => {
  const table = written([shop, empty]);
  expect(table.generation).toBe(2);
  expect(table.idLimit).toBe(4);
  expect([table.revisionOf(3), table.revisionOf(0)]).toEqual([-7, 1]);
  expect([table.keyOf(3), table.keyOf(0)]).toEqual(['shop/web:80', 'ns/ünïcode:__proto__']);
  expect(table.endpointsOf(0)).toEqual([]);
  expect(table.endpointsOf(3)).toEqual([
    { slot: 12, address: '10.0.0.1', port: 8080, weight: 1 },
    { slot: -1, address: 'fd00::1', port: 65_535, weight: 1000 },
  ]);
  expect([table.policyOf(3), table.policyOf(0)]).toEqual([shop.policy, defaultPolicy]);
});

test.each([-1, 1, 2, 4, 1e9, Number.NaN])(
  'id %j, which no backend has, is revision 0 without endpoints or policy',
  (id) => {
    const table = written([shop, empty]);
    expect(table.revisionOf(id)).toBe(0);
    expect(table.keyOf(id)).toBe('');
    expect(table.endpointsOf(id)).toEqual([]);
    expect(table.policyOf(id)).toBe(defaultPolicy);
  },
);

test('a larger buffer with old bytes in it is read only as far as it was written', () => {
  const dirty = new SharedArrayBuffer(4096);
  new Uint8Array(dirty).fill(0xff);
  const table = new EndpointTable(writeEndpoints([shop], { generation: 2 ** 33 + 1, allocate: () => dirty }));
  expect(table.generation).toBe(2 ** 33 + 1);
  expect([0, 1, 2, 4].map((id) => table.revisionOf(id))).toEqual([0, 0, 0, 0]);
  expect(table.endpointsOf(3)).toHaveLength(2);
});

test('bytes of another layout are refused', () => {
  expect(() => new EndpointTable(new SharedArrayBuffer(128))).toThrow('layout');
});
