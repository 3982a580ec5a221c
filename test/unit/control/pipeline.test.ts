import { describe, expect, test } from 'vitest';
import { ObjectStore, refOf } from '../../../src/control/object-store.ts';
import { type PipelineParts, startPipeline } from '../../../src/control/pipeline.ts';
import { RefusalLedger } from '../../../src/control/refusal-ledger.ts';
import { admit } from '../../../src/control/sources/admit/admit.ts';
import { defaultPolicy } from '../../../src/model/backend-policy.ts';
import type { KubeObject } from '../../../src/model/objects.ts';
import type { BackendSnapshot, RouteSnapshot } from '../../../src/model/snapshot.ts';
import type { Publication } from '../../../src/table/shard-messages.ts';
import { KeptLog } from '../../support/kept-log.ts';
import { ingress, type RouteLine, service } from '../../support/manifests.ts';

interface Published {
  readonly routes?: RouteSnapshot | undefined;
  readonly backends: BackendSnapshot;
}

const admitted = (raw: object): KubeObject => admit(raw, { file: 'a.yaml', folder: true }).objects[0]!;
const route = (name: string, ...lines: RouteLine[]): KubeObject => admitted(ingress(name, lines));
const backend = (name: string, ...ports: number[]): KubeObject => admitted(service(name, ports));

/** A publisher that keeps what it is given and fails on demand. */
class KeptPublisher {
  readonly published: Published[] = [];
  failure: Error | undefined;

  publish(change: Published): Publication {
    if (this.failure !== undefined) throw this.failure;
    this.published.push(change);
    const part = { generation: this.published.length, bytes: new SharedArrayBuffer(0) };
    return { generation: this.published.length, routes: part, endpoints: part };
  }

  get last(): Published | undefined {
    return this.published.at(-1);
  }
}

const start = (put: readonly KubeObject[] = [], read?: (store: ObjectStore) => PipelineParts['store']) => {
  const store = new ObjectStore();
  store.apply({ put, remove: [] });
  const log = new KeptLog();
  const ledger = new RefusalLedger(log);
  const publisher = new KeptPublisher();
  const options = {
    ingressClass: 'komainu',
    controller: 'komainu.dev/ingress-controller',
    defaultBackend: undefined,
    externalName: false,
  };
  startPipeline({ store: read?.(store) ?? store, publisher, ledger, options, log });
  return { store, log, ledger, publisher };
};

/** Changes made before this are published after it. */
const turn = (): Promise<void> => Promise.resolve();

const web = route('web', { host: 'a.test', service: 'web' });

describe('the first publication', () => {
  test('has routes and backends of what the store holds, at once', () => {
    const { publisher } = start([web, backend('web', 3000)]);
    expect(publisher.published).toHaveLength(1);
    expect(publisher.last?.routes?.rules).toMatchObject([{ host: 'a.test', backend: 'default/web:80' }]);
    expect(publisher.last?.backends.backends).toEqual([
      { key: 'default/web:80', endpoints: [{ address: '127.0.0.1', port: 3000, weight: 1 }], policy: defaultPolicy },
    ]);
  });

  test('is made of an empty store too, so that a proxy without routes becomes ready', () => {
    expect(start().publisher.published).toEqual([{ routes: { rules: [] }, backends: { backends: [] } }]);
  });
});

describe('a change', () => {
  test('of a Service publishes backends alone', async () => {
    const { store, publisher } = start([web, backend('web', 3000)]);
    store.apply({ put: [backend('web', 3001)], remove: [] });
    await turn();
    expect(publisher.published).toHaveLength(2);
    expect(publisher.last).not.toHaveProperty('routes');
    expect(publisher.last?.backends.backends[0]?.endpoints).toEqual([{ address: '127.0.0.1', port: 3001, weight: 1 }]);
  });

  test('of an Ingress publishes routes and backends', async () => {
    const { store, publisher } = start([web, backend('web', 3000)]);
    store.apply({ put: [route('web', { host: 'b.test', service: 'api' })], remove: [] });
    await turn();
    expect(publisher.published).toHaveLength(2);
    expect(publisher.last?.routes?.rules).toMatchObject([{ host: 'b.test' }]);
    expect(publisher.last?.backends.backends).toEqual([
      { key: 'default/api:80', endpoints: [], policy: defaultPolicy },
    ]);
  });

  test('of several kinds in one turn is one publication', async () => {
    const { store, publisher } = start();
    store.apply({ put: [web], remove: [] });
    store.apply({ put: [backend('web', 3000)], remove: [] });
    store.apply({ put: [backend('web', 3001)], remove: [] });
    await turn();
    expect(publisher.published).toHaveLength(2);
    expect(publisher.last?.backends.backends[0]?.endpoints).toEqual([{ address: '127.0.0.1', port: 3001, weight: 1 }]);
  });

  test('that makes no difference publishes nothing', async () => {
    const { store, publisher } = start([web, backend('web', 3000)]);
    const again = [route('web', { host: 'a.test', service: 'web' }), backend('web', 3000), backend('unused', 1)];
    store.apply({ put: again, remove: [] });
    await turn();
    expect(publisher.published).toHaveLength(1);
  });

  test('that leaves the routes as they are does not publish them again', async () => {
    const { store, publisher } = start([web, backend('web', 3000)]);
    store.apply({ put: [route('web', { host: 'a.test', service: 'web' }), backend('web', 3001)], remove: [] });
    await turn();
    expect(publisher.last).not.toHaveProperty('routes');
  });

  test.each([
    ['host', route('web', { host: 'b.test', service: 'web' })],
    ['path', route('web', { host: 'a.test', path: '/x', service: 'web' })],
    ['path type', route('web', { host: 'a.test', pathType: 'Exact', service: 'web' })],
    ['backend', route('web', { host: 'a.test', service: 'api' })],
    [
      'place in its Ingress',
      route('web', { host: 'a.test', path: 'no', service: 'x' }, { host: 'a.test', service: 'web' }),
    ],
    ['number', route('web', { host: 'a.test', service: 'web' }, { host: 'b.test', service: 'web' })],
  ])('of the %s of a rule is a difference', async (_what, next) => {
    const { store, publisher } = start([web]);
    store.apply({ put: [next], remove: [] });
    await turn();
    expect(publisher.published).toHaveLength(2);
    expect(publisher.last).toHaveProperty('routes');
  });

  test('of the owner of a rule is a difference', async () => {
    const { store, publisher } = start([web]);
    store.apply({ put: [route('web2', { host: 'a.test', service: 'web' })], remove: [refOf(web)] });
    await turn();
    expect(publisher.last?.routes?.rules).toMatchObject([{ owner: { name: 'web2' } }]);
  });
});

describe('refusals', () => {
  test('of routes and of backends stand in the ledger until they are mended', async () => {
    const { store, ledger } = start([web]);
    expect(ledger.all()).toMatchObject([{ file: 'a.yaml', reason: 'ServiceMissing' }]);
    store.apply({ put: [backend('web', 3000), route('web2', { host: 'a.test', service: 'web' })], remove: [] });
    await turn();
    expect(ledger.all()).toMatchObject([{ object: { name: 'web2' }, reason: 'PathConflict' }]);
    store.apply({ put: [], remove: [refOf(route('web2'))] });
    await turn();
    expect(ledger.all()).toEqual([]);
  });
});

describe('what fails', () => {
  test('to translate is logged and tried again with the next change, routes included', async () => {
    let broken = false;
    const { store, log, publisher } = start([web], (real) => ({
      list: (kind) => {
        if (broken) throw new Error('no translation');
        return real.list(kind);
      },
      get: (kind, namespace, name) => real.get(kind, namespace, name),
      slicesOf: (namespace, name) => real.slicesOf(namespace, name),
      onChange: (listener) => real.onChange(listener),
    }));
    broken = true;
    store.apply({ put: [route('web', { host: 'b.test', service: 'web' })], remove: [] });
    await turn();
    expect(log.of('change could not be published, the last good generation stays')).toHaveLength(1);
    expect(publisher.published).toHaveLength(1);
    broken = false;
    store.apply({ put: [backend('web', 3000)], remove: [] });
    await turn();
    expect(publisher.last?.routes?.rules).toMatchObject([{ host: 'b.test' }]);
  });

  test('to compile is logged and tried again with the next change, routes included', async () => {
    const { store, log, publisher } = start([web]);
    publisher.failure = new Error('no table');
    store.apply({ put: [route('web', { host: 'b.test', service: 'web' })], remove: [] });
    await turn();
    expect(log.lines.filter(({ level }) => level === 'error')).toMatchObject([{ fields: { err: publisher.failure } }]);
    publisher.failure = undefined;
    store.apply({ put: [backend('web', 3000)], remove: [] });
    await turn();
    expect(publisher.published).toHaveLength(2);
    expect(publisher.last?.routes?.rules).toMatchObject([{ host: 'b.test' }]);
  });
});
