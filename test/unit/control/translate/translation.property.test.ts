import fc from 'fast-check';
import { expect, test } from 'vitest';
import { finish } from '../../../../src/base/slices.ts';
import { type ObjectChange, ObjectStore } from '../../../../src/control/object-store.ts';
import { RefusalLedger } from '../../../../src/control/refusal-ledger.ts';
import { settleRefusals } from '../../../../src/control/translate/refusals.ts';
import { type Snapshots, Translation, translate } from '../../../../src/control/translate/translation.ts';
import { defaultPolicy } from '../../../../src/model/backend-policy.ts';
import type { EndpointSlice, Ingress, IngressClass, KubeObject, Service } from '../../../../src/model/objects.ts';
import type { ObjectRef } from '../../../../src/model/refusal.ts';
import { silentLog } from '../../../../src/observe/log.ts';
import { usualOptions } from './read-case.ts';

/** Few names, so that objects meet: they replace each other, want the same places and lead to each other. */
const namespace = fc.constantFrom('a', 'b');
const serviceName = fc.constantFrom('web', 'api');
const port = fc.constantFrom<string | number>(80, 'http', 81);
const backend = fc.record({ service: serviceName, port });
const age = fc.constantFrom(undefined, 1_000, 2_000);
const ports = fc.constantFrom<readonly (readonly [string, number])[]>(
  [['', 80]],
  [['http', 80]],
  [
    ['x', 81],
    ['http', 80],
  ],
);

const base = (namespace: string, name: string, file = '', createdAtMs: number | undefined = undefined) => ({
  meta: { namespace, name, uid: undefined, resourceVersion: undefined, createdAtMs, labels: {}, annotations: {} },
  origin: { file, folder: file !== '' },
});

const rule = fc.record({
  host: fc.constantFrom('', 'a.test', '*.a.test'),
  paths: fc.option(
    fc.array(
      fc.record({
        path: fc.constantFrom('/', '/a', '/a/', '/a//b'),
        pathType: fc.constantFrom<'Exact' | 'Prefix'>('Exact', 'Prefix'),
        backend,
      }),
      { maxLength: 2 },
    ),
    { nil: undefined },
  ),
});

const ingress: fc.Arbitrary<Ingress> = fc
  .record({
    namespace,
    name: fc.constantFrom('x', 'y', 'z'),
    file: fc.constantFrom('', 'a.yaml', 'b.yaml'),
    createdAtMs: age,
    className: fc.constantFrom(undefined, undefined, 'komainu', 'second', 'other'),
    rest: fc.option(backend, { nil: undefined, freq: 3 }),
    rules: fc.array(rule, { maxLength: 3 }),
  })
  .map(({ namespace, name, file, createdAtMs, className, rest, rules }) => ({
    kind: 'Ingress',
    ...base(namespace, name, file, createdAtMs),
    className,
    defaultBackend: rest,
    rules: rules.map(({ host, paths }, i) => ({
      field: `spec.rules[${i}]`,
      host,
      paths: paths?.map((path, k) => ({ ...path, field: `spec.rules[${i}].http.paths[${k}]` })),
    })),
    tls: [],
    status: undefined,
    problems: [],
  }));

const ingressClass: fc.Arbitrary<IngressClass> = fc
  .record({
    name: fc.constantFrom('komainu', 'second', 'other'),
    controller: fc.constantFrom(usualOptions.controller, usualOptions.controller, 'else.test/controller'),
    isDefault: fc.boolean(),
    createdAtMs: age,
  })
  .map(({ name, createdAtMs, ...rest }) => ({ kind: 'IngressClass', ...base('', name, '', createdAtMs), ...rest }));

const service: fc.Arbitrary<Service> = fc
  .record({
    namespace,
    name: serviceName,
    file: fc.constantFrom('', 'c.yaml'),
    ports,
    appProtocol: fc.constantFrom('', 'https'),
  })
  .map(({ namespace, name, file, ports, appProtocol }) => ({
    kind: 'Service',
    ...base(namespace, name, file),
    type: 'ClusterIP',
    externalName: undefined,
    ports: ports.map(([name, port]) => ({ name, port, protocol: 'TCP', appProtocol, targetPort: undefined })),
    namedEndpoints: undefined,
    policy: defaultPolicy,
  }));

const slice: fc.Arbitrary<EndpointSlice> = fc
  .record({
    namespace,
    name: fc.constantFrom('s1', 's2'),
    service: serviceName,
    addressType: fc.constantFrom<'IPv4' | 'FQDN'>('IPv4', 'IPv4', 'FQDN'),
    ports,
    addresses: fc.subarray(['10.0.0.1', '10.0.0.2', '10.0.0.3']),
  })
  .map(({ namespace, name, service, addressType, ports, addresses }) => ({
    kind: 'EndpointSlice',
    ...base(namespace, name),
    service,
    addressType,
    ports: ports.map(([name, port]) => ({ name, port: port + 8000, protocol: 'TCP' })),
    endpoints: addresses.map((address) => ({ addresses: [address], ready: true, serving: true, terminating: false })),
    weight: 1,
  }));

const object: fc.Arbitrary<KubeObject> = fc.oneof(
  { weight: 5, arbitrary: ingress },
  { weight: 1, arbitrary: ingressClass },
  { weight: 2, arbitrary: service },
  { weight: 3, arbitrary: slice },
);
const gone: fc.Arbitrary<ObjectRef> = object.map(({ kind, meta: { namespace, name } }) => ({ kind, namespace, name }));
const change: fc.Arbitrary<ObjectChange> = fc.record({
  put: fc.array(object, { maxLength: 4 }),
  remove: fc.array(gone, { maxLength: 3 }),
});

/** A change, and after how many slices of the translation of what came before it comes; 99: after its end. */
const moves = fc.array(fc.tuple(change, fc.constantFrom(0, 1, 3, 99)), { minLength: 1, maxLength: 12 });

const options = {
  ...usualOptions,
  defaultBackend: { namespace: 'a', service: 'web', port: 80 },
};

test('after any changes the outcome is that of a new translation, and what does not differ is the same object', () => {
  const check = (first: ObjectChange, all: [ObjectChange, number][]): void => {
    const store = new ObjectStore();
    store.apply(first);
    const translation = new Translation(store, options);
    store.onChange((told) => translation.note(told));
    const ledger = new RefusalLedger(silentLog);
    let before: Snapshots | undefined;
    const look = (now: Snapshots): void => {
      if (before !== undefined) {
        expect(now.routes === before.routes).toBe(isEqual(now.routes, before.routes));
        expect(now.backends === before.backends).toBe(isEqual(now.backends, before.backends));
      }
      before = now;
    };
    const compare = (now: Snapshots): void => {
      look(now);
      ledger.change('translation', translation.takeRefusals());
      const whole = translate(store, options);
      expect(now.routes).toEqual(whole.routes);
      expect(now.backends).toEqual(whole.backends);
      expect(settleRefusals(ledger.all())).toEqual(whole.refusals);
    };
    for (const [next, slices] of all) {
      const work = translation.run();
      let step = work.next();
      for (let i = 0; i < slices && step.done !== true; i++) step = work.next();
      if (step.done === true) compare(step.value);
      store.apply(next);
      if (step.done !== true) look(finish(work));
    }
    compare(finish(translation.run()));
  };
  fc.assert(fc.property(change, moves, check), { numRuns: 1_500 });
});

const isEqual = (a: object, b: object): boolean => JSON.stringify(a) === JSON.stringify(b);
