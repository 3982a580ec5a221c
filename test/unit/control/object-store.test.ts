import { describe, expect, test } from 'vitest';
import type { StoreChange } from '../../../src/control/object-reader.ts';
import { keyOf, ObjectStore, refOf } from '../../../src/control/object-store.ts';
import { defaultPolicy } from '../../../src/model/backend-policy.ts';
import type { EndpointSlice, Ingress, Kind, Service } from '../../../src/model/objects.ts';

const base = (namespace: string, name: string) => ({
  meta: {
    namespace,
    name,
    uid: undefined,
    resourceVersion: undefined,
    createdAtMs: undefined,
    labels: {},
    annotations: {},
  },
  origin: { file: 'a.yaml', folder: true },
});

const ingress = (namespace: string, name: string): Ingress => ({
  kind: 'Ingress',
  ...base(namespace, name),
  className: undefined,
  defaultBackend: undefined,
  rules: [],
  tls: [],
  status: undefined,
  problems: [],
});

const service = (name: string): Service => ({
  kind: 'Service',
  ...base('shop', name),
  type: 'ClusterIP',
  externalName: undefined,
  ports: [],
  namedEndpoints: undefined,
  policy: defaultPolicy,
});

const slice = (name: string, of: string, namespace = 'shop'): EndpointSlice => ({
  kind: 'EndpointSlice',
  ...base(namespace, name),
  service: of,
  addressType: 'IPv4',
  ports: [],
  endpoints: [],
  weight: 1,
});

describe('reading', () => {
  test('an object is found by kind, namespace and name, and by nothing less', () => {
    const store = new ObjectStore();
    const web = ingress('shop', 'web');
    store.apply({ put: [web], remove: [] });
    expect(store.get('Ingress', 'shop', 'web')).toBe(web);
    expect(store.get('Ingress', 'other', 'web')).toBeUndefined();
    expect(store.get('Service', 'shop', 'web')).toBeUndefined();
    expect([...store.list('Ingress')]).toEqual([web]);
    expect([...store.list('Service')]).toEqual([]);
  });

  test('names from the prototype of objects are names like others', () => {
    const store = new ObjectStore();
    const odd = ingress('__proto__', 'constructor');
    expect(store.get('Ingress', '__proto__', 'constructor')).toBeUndefined();
    store.apply({ put: [odd], remove: [{ kind: 'constructor', namespace: '', name: 'x' }] });
    expect(store.get('Ingress', '__proto__', 'constructor')).toBe(odd);
    expect(store.slicesOf('__proto__', 'toString')).toEqual([]);
  });

  test('a reference and a key say kind, namespace and name', () => {
    expect(refOf(ingress('shop', 'web'))).toEqual({ kind: 'Ingress', namespace: 'shop', name: 'web' });
    expect(keyOf(ingress('shop', 'web'))).not.toBe(keyOf(ingress('shop', 'web2')));
  });
});

describe('slices of a Service', () => {
  test('come by name in whatever order they were put, from their own namespace only', () => {
    const store = new ObjectStore();
    const [a, b, other, far] = [slice('a', 'web'), slice('b', 'web'), slice('c', 'api'), slice('a', 'web', 'else')];
    store.apply({ put: [far, b, other, a], remove: [] });
    expect(store.slicesOf('shop', 'web')).toEqual([a, b]);
    expect(store.slicesOf('shop', 'none')).toEqual([]);
  });

  test('follow a slice that is replaced, moves to another Service, or goes', () => {
    const store = new ObjectStore();
    store.apply({ put: [slice('a', 'web'), slice('b', 'web')], remove: [] });
    const before = store.slicesOf('shop', 'web');
    const moved = slice('a', 'api');
    store.apply({ put: [moved], remove: [refOf(slice('b', 'web'))] });
    expect(store.slicesOf('shop', 'web')).toEqual([]);
    expect(store.slicesOf('shop', 'api')).toEqual([moved]);
    expect(before, 'a list that was handed out is not edited').toHaveLength(2);
  });

  test('are the same list while none of them changes', () => {
    const store = new ObjectStore();
    store.apply({ put: [slice('a', 'web'), slice('b', 'web')], remove: [] });
    const before = store.slicesOf('shop', 'web');
    store.apply({ put: [slice('c', 'api'), service('web')], remove: [] });
    expect(store.slicesOf('shop', 'web')).toBe(before);
  });
});

describe('changes', () => {
  const listen = (store: ObjectStore): Kind[][] => {
    const heard: Kind[][] = [];
    store.onChange(({ kinds }) => heard.push([...kinds]));
    return heard;
  };

  test('are told once for each call, with the kinds that differ', () => {
    const store = new ObjectStore();
    const heard = listen(store);
    store.apply({ put: [ingress('shop', 'web'), service('web'), ingress('shop', 'api')], remove: [] });
    store.apply({ put: [], remove: [refOf(service('web'))] });
    expect(heard).toEqual([['Ingress', 'Service'], ['Service']]);
  });

  test('are not told when nothing differs', () => {
    const store = new ObjectStore();
    const web = ingress('shop', 'web');
    store.apply({ put: [web], remove: [] });
    const heard = listen(store);
    store.apply({ put: [web], remove: [] });
    store.apply({
      put: [],
      remove: [refOf(ingress('shop', 'none')), { kind: 'ConfigMap', namespace: 'a', name: 'b' }],
    });
    expect(heard).toEqual([]);
  });

  test('name each object that differs once, as it was and as it is', () => {
    const store = new ObjectStore();
    const [web, next, api, other] = [service('web'), service('web'), service('api'), service('other')];
    store.apply({ put: [web, api, other], remove: [] });
    const heard: StoreChange[] = [];
    store.onChange((change) => heard.push(change));
    const late = service('late');
    store.apply({ put: [other, service('web'), next, late], remove: [refOf(api), refOf(api), refOf(web)] });
    expect(heard).toHaveLength(1);
    expect(heard[0]?.steps).toHaveLength(3);
    expect(heard[0]?.steps).toEqual(
      expect.arrayContaining([
        { kind: 'Service', before: api, after: undefined },
        { kind: 'Service', before: web, after: next },
        { kind: 'Service', before: undefined, after: late },
      ]),
    );
    expect(heard[0]?.steps.find(({ after }) => after?.meta.name === 'web')?.after, 'the last one put').toBe(next);
  });

  test('are told when the store is as the change says', () => {
    const store = new ObjectStore();
    const seen: number[] = [];
    store.onChange(() => seen.push([...store.list('Service')].length));
    store.apply({ put: [service('a'), service('b')], remove: [] });
    expect(seen).toEqual([2]);
  });

  test('an object that is put and removed in one change stays', () => {
    const store = new ObjectStore();
    const web = slice('a', 'web');
    store.apply({ put: [web], remove: [] });
    const next = slice('a', 'web');
    store.apply({ put: [next], remove: [refOf(web)] });
    expect(store.get('EndpointSlice', 'shop', 'a')).toBe(next);
    expect(store.slicesOf('shop', 'web')).toEqual([next]);
  });
});
