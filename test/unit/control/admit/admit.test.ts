import fc from 'fast-check';
import { expect, test } from 'vitest';
import { admit } from '../../../../src/control/sources/admit/admit.ts';
import type { Ingress, Service } from '../../../../src/model/objects.ts';

const origin = { file: 'shop/web.yaml', folder: true };

const ingress = (spec: unknown, metadata: unknown = { name: 'web' }): unknown => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata,
  spec,
});
const backend = { service: { name: 'web', port: { number: 80 } } };

test('an Ingress keeps what translation needs, where it stood', () => {
  const paths = [{ path: '/a', pathType: 'Exact', backend }];
  const spec = {
    ingressClassName: 'komainu',
    defaultBackend: backend,
    rules: [null, { host: 'a.test', http: { paths } }],
  };
  const metadata = { name: 'web', namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z', labels: { a: 'b' } };
  const { objects, refusals } = admit(ingress(spec, metadata), origin);
  expect(refusals).toEqual([]);
  expect(objects).toEqual([
    {
      kind: 'Ingress',
      meta: { namespace: 'shop', name: 'web', createdAtMs: Date.UTC(2026, 0, 1), labels: { a: 'b' }, annotations: {} },
      origin,
      className: 'komainu',
      defaultBackend: { service: 'web', port: 80 },
      rules: [
        {
          field: 'spec.rules[1]',
          host: 'a.test',
          paths: [
            {
              field: 'spec.rules[1].http.paths[0]',
              pathType: 'Exact',
              path: '/a',
              backend: { service: 'web', port: 80 },
            },
          ],
        },
      ],
      tls: [],
      problems: [{ field: 'spec.rules[0]', message: 'spec.rules[0] is null; it must be an object' }],
    },
  ]);
});

test('a Service keeps its ports as the API server would complete them', () => {
  const spec = {
    ports: [{ port: 80, targetPort: 'web', appProtocol: 'http' }],
    clusterIP: 'None',
    selector: { a: 'b' },
    // Means something only where the type is ExternalName.
    externalName: 'Not A Name',
  };
  const [service] = admit({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec }, origin)
    .objects as Service[];
  expect(service).toMatchObject({ type: 'ClusterIP', externalName: undefined, namedEndpoints: undefined });
  expect(service.ports).toEqual([{ name: '', port: 80, protocol: 'TCP', appProtocol: 'http', targetPort: 'web' }]);
});

test.each([
  [{ type: 'ExternalName' }, 'spec.externalName'],
  [{ type: 'ExternalName', externalName: 'Not A Name' }, 'spec.externalName'],
  [{ type: 'Balancer' }, 'spec.type'],
  [{ ports: [{ port: 80 }, { port: 81 }] }, 'spec.ports'],
  [
    {
      ports: [
        { name: 'a', port: 80 },
        { name: 'a', port: 81 },
      ],
    },
    'spec.ports',
  ],
  [{ ports: [{ port: '80' }] }, 'spec.ports[0].port'],
  [{ ports: [{ port: 80, protocol: 'tcp' }] }, 'spec.ports[0].protocol'],
  [{ ports: [{ port: 80, targetPort: 70_000 }] }, 'spec.ports[0].targetPort'],
])('a Service with %j is refused at %s', (spec, field) => {
  const { objects, refusals } = admit({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec }, origin);
  expect(objects).toEqual([]);
  expect(refusals).toMatchObject([
    {
      file: 'shop/web.yaml',
      object: { kind: 'Service', namespace: 'default', name: 'web' },
      field,
      reason: 'ObjectInvalid',
    },
  ]);
});

test('an IngressClass stands in no namespace', () => {
  const raw = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: {
      name: 'komainu',
      namespace: 'shop',
      annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' },
    },
    spec: { controller: 'komainu.dev/ingress-controller' },
  };
  expect(admit(raw, origin).objects).toMatchObject([{ meta: { namespace: '', name: 'komainu' }, isDefault: true }]);
});

test('in a cluster a slice of no Service is nobody we know', () => {
  const raw = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'x' },
    addressType: 'IPv4',
  };
  expect(admit(raw, { file: '', folder: false })).toEqual({ objects: [], refusals: [] });
  expect(admit(raw, origin).refusals).toHaveLength(1);
});

test('hostile lengths end in short refusals', () => {
  const long = 'x'.repeat(65_536);
  const raws = [
    ingress({ defaultBackend: backend }, { name: long }),
    ingress({ defaultBackend: backend }, { name: 'web', labels: { [long]: 5 } }),
    ingress({ defaultBackend: backend, ingressClassName: long }),
    ingress({ rules: [{ host: long }, { host: `*.${long}` }, { host: 'a-'.repeat(32_768) }] }),
    ingress({ rules: [{ http: { paths: [{ path: long, pathType: long, backend: { service: { name: long } } }] } }] }),
    { apiVersion: long, kind: 'Ingress', metadata: { name: 'web' } },
    long,
  ];
  for (const raw of raws) {
    const { objects, refusals } = admit(raw, origin);
    const problems = (objects as Ingress[]).flatMap((object) => object.problems);
    expect(refusals.length + problems.length).toBeGreaterThan(0);
    expect(JSON.stringify([refusals, problems]).length).toBeLessThan(2_500);
  }
});

test('hostile keys are data and change no prototype', () => {
  const raw = JSON.parse(
    '{"apiVersion":"v1","kind":"Service","metadata":{"name":"web","labels":{"__proto__":"x","a":"b"},"annotations":{"__proto__":"y"},"__proto__":{"name":"z"}},"spec":{"__proto__":{"type":"ExternalName"},"ports":[{"port":80,"__proto__":{"port":1}}]}}',
  );
  const [service] = admit(raw, origin).objects as Service[];
  expect(service.meta.name).toBe('web');
  expect(service.meta.labels.a).toBe('b');
  expect(service.type).toBe('ClusterIP');
  expect(service.ports[0].port).toBe(80);
  expect(Object.getPrototypeOf(service.meta.labels)).toBe(Object.prototype);
  expect(({} as Record<string, unknown>).name).toBeUndefined();
});

test.each(['__proto__', 'constructor', 'toString', '__proto__List', 'List ', 'ingress'])(
  'kind %s is none of ours',
  (kind) => {
    expect(admit({ apiVersion: 'v1', kind, metadata: {}, items: [] }, origin)).toEqual({ objects: [], refusals: [] });
  },
);

const words = fc.constantFrom(
  ...[
    'apiVersion',
    'kind',
    'metadata',
    'spec',
    'name',
    'namespace',
    'rules',
    'http',
    'paths',
    'path',
    'backend',
    'service',
  ],
  ...['port', 'ports', 'endpoints', 'addresses', 'items', 'labels', 'annotations', 'host', 'conditions', '__proto__'],
);
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(
      null,
      undefined,
      true,
      0,
      80,
      Number.POSITIVE_INFINITY,
      '',
      '/a',
      'a.test',
      'v1',
      'Ingress',
      'Service',
      'List',
      new Date(0),
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(words, tie('value'), { maxKeys: 6 }),
  ),
})).value;

const shapes = fc.constantFrom(
  ['networking.k8s.io/v1', 'Ingress'],
  ['networking.k8s.io/v1', 'IngressClass'],
  ['v1', 'Service'],
  ['discovery.k8s.io/v1', 'EndpointSlice'],
  ['v1', 'List'],
  ['v1', 'ServiceList'],
);

test('whatever a document holds, admission answers and never throws', () => {
  const documents = fc.tuple(shapes, fc.dictionary(words, values, { maxKeys: 8 }), values, values);
  const check = ([[apiVersion, kind], rest, metadata, spec]: [readonly string[], object, unknown, unknown]): void => {
    for (const raw of [
      spec,
      { ...rest, apiVersion, kind },
      { apiVersion, kind, metadata: { name: 'web' }, spec, ...rest },
    ]) {
      const { objects, refusals } = admit(raw, origin);
      for (const { meta } of objects) expect(meta.name).toMatch(/^[-.a-z0-9]+$/);
      for (const { message } of refusals) expect(message.length).toBeLessThan(500);
    }
    expect(() => admit({ apiVersion, kind, metadata, spec }, origin)).not.toThrow();
  };
  fc.assert(fc.property(documents, check), { numRuns: 2_000 });
});
