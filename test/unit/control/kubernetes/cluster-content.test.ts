import { expect, test } from 'vitest';
import { resources } from '../../../../src/control/cluster/resources.ts';
import { ObjectStore } from '../../../../src/control/object-store.ts';
import { RefusalLedger } from '../../../../src/control/refusal-ledger.ts';
import { ClusterContent } from '../../../../src/control/sources/kubernetes/cluster-content.ts';
import { type WatchedObject, watchedObject } from '../../../../src/control/sources/kubernetes/watched-object.ts';
import { type ObjectRef, refText } from '../../../../src/model/refusal.ts';
import { silentLog } from '../../../../src/observe/log.ts';

const service = (name: string, port: unknown = 80, more: object = {}): WatchedObject =>
  watchedObject(
    { metadata: { name, namespace: 'shop', uid: `u-${name}`, ...more }, spec: { ports: [{ port }] } },
    resources.service,
    false,
  );
const refOf = (name: string): ObjectRef => ({ kind: 'Service', namespace: 'shop', name });

function scene() {
  const store = new ObjectStore();
  const ledger = new RefusalLedger(silentLog);
  const changed: string[][] = [];
  const stored: string[][] = [];
  store.onChange(({ steps }) => stored.push(steps.map(({ before, after }) => (after ?? before)?.meta.name ?? '')));
  const content = new ClusterContent({ store, ledger, changed: (refs) => changed.push(refs.map(refText)) });
  return { store, ledger, changed, stored, content };
}

test('store, ledger and listener hear once of each change, and only of what is different', () => {
  const { content, stored, changed, ledger } = scene();
  content.take([service('a'), service('b'), service('bad', 'x')], []);
  expect(stored).toEqual([['a', 'b']]);
  expect(changed).toEqual([['Service shop/a', 'Service shop/b', 'Service shop/bad']]);
  expect(ledger.all().map(({ object }) => object?.name)).toEqual(['bad']);
  content.take([service('a'), service('b', 81)], [refOf('nobody')]);
  expect(stored.slice(1)).toEqual([['b']]);
  expect(changed.slice(1)).toEqual([['Service shop/b']]);
});

test('an object keeps its identity while nothing that is read of it changes', () => {
  const { content, store } = scene();
  content.take([service('a')], []);
  const before = store.get('Service', 'shop', 'a');
  content.take([service('a', 80, { resourceVersion: '9', labels: { a: 'b' } })], []);
  expect(store.get('Service', 'shop', 'a')).toBe(before);
});

test('an object that can no longer be used goes, and comes again when it is mended; its identity is known all the time', () => {
  const { content, store, ledger } = scene();
  content.take([service('a')], []);
  content.take([service('a', 'x')], []);
  expect(store.get('Service', 'shop', 'a')).toBeUndefined();
  expect(content.get(refOf('a'))).toMatchObject({ uid: 'u-a', apiVersion: 'v1' });
  content.take([service('a', 81)], []);
  expect(store.get('Service', 'shop', 'a')).toBeDefined();
  expect(ledger.all()).toEqual([]);
});

test('what is removed takes its refusals with it', () => {
  const { content, ledger } = scene();
  content.take([service('bad', 'x')], []);
  content.take([], [refOf('bad')]);
  expect(ledger.all()).toEqual([]);
  expect(content.get(refOf('bad'))).toBeUndefined();
});

test('to replace all is one change of what differs, without the kinds that stand apart', () => {
  const { content, store, stored } = scene();
  const secret = watchedObject({ metadata: { name: 's', namespace: 'shop' } }, resources.secret, false);
  content.take([service('a'), service('b'), secret], []);
  content.replace([service('b'), service('c')], (kind) => kind === 'Secret');
  expect(stored.slice(1)).toEqual([['a', 'c']]);
  expect([...store.list('Service')].map(({ meta }) => meta.name).sort()).toEqual(['b', 'c']);
  expect([...content.all()].map(({ ref }) => ref.name).sort()).toEqual(['b', 'c', 's']);
});

test('a namespace that is left takes its objects along, and no others', () => {
  const { content } = scene();
  content.take([service('a'), service('b', 80, { namespace: 'other' })], []);
  content.removeNamespace('shop');
  expect([...content.all()].map(({ ref }) => refText(ref))).toEqual(['Service other/b']);
});
