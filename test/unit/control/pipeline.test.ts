import { describe, expect, test } from 'vitest';
import { ObjectStore, refOf } from '../../../src/control/object-store.ts';
import { type PipelineParts, startPipeline } from '../../../src/control/pipeline.ts';
import { RefusalLedger } from '../../../src/control/refusal-ledger.ts';
import { admit } from '../../../src/control/sources/admit/admit.ts';
import { defaultPolicy } from '../../../src/model/backend-policy.ts';
import type { KubeObject } from '../../../src/model/objects.ts';
import type { BackendSnapshot, RouteSnapshot } from '../../../src/model/snapshot.ts';
import type { Publication } from '../../../src/table/shard-messages.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { KeptLog } from '../../support/kept-log.ts';
import { ingress, type RouteLine, service } from '../../support/manifests.ts';

const INTERVAL_MS = 50;

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

  // biome-ignore lint/correctness/useYield: it does all at once
  *publishing(change: Published): Generator<void, Publication> {
    if (this.failure !== undefined) throw this.failure;
    this.published.push(change);
    const part = { generation: this.published.length, bytes: new SharedArrayBuffer(0) };
    return { generation: this.published.length, routes: part, endpoints: part };
  }

  get last(): Published | undefined {
    return this.published.at(-1);
  }
}

const start = (
  put: readonly KubeObject[] = [],
  read?: (store: ObjectStore) => PipelineParts['store'],
  intervalMs = INTERVAL_MS,
  clock = new HandClock(),
) => {
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
  const parts = { store: read?.(store) ?? store, publisher, ledger, options, clock, intervalMs, log };
  const begun = startPipeline(parts);
  return { store, log, ledger, publisher, clock, begun };
};

/** Changes made before this are published after it, and the burst is over. */
async function rest({ clock }: { readonly clock: HandClock }): Promise<void> {
  await Promise.resolve();
  clock.advance(INTERVAL_MS);
  clock.advance(INTERVAL_MS);
}

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
    const bench = start([web, backend('web', 3000)]);
    const { store, publisher } = bench;
    store.apply({ put: [backend('web', 3001)], remove: [] });
    await rest(bench);
    expect(publisher.published).toHaveLength(2);
    expect(publisher.last).not.toHaveProperty('routes');
    expect(publisher.last?.backends.backends[0]?.endpoints).toEqual([{ address: '127.0.0.1', port: 3001, weight: 1 }]);
  });

  test('of an Ingress publishes routes and backends', async () => {
    const bench = start([web, backend('web', 3000)]);
    const { store, publisher } = bench;
    store.apply({ put: [route('web', { host: 'b.test', service: 'api' })], remove: [] });
    await rest(bench);
    expect(publisher.published).toHaveLength(2);
    expect(publisher.last?.routes?.rules).toMatchObject([{ host: 'b.test' }]);
    expect(publisher.last?.backends.backends).toEqual([
      { key: 'default/api:80', endpoints: [], policy: defaultPolicy },
    ]);
  });

  test('of several kinds in one turn is one publication', async () => {
    const bench = start();
    const { store, publisher } = bench;
    store.apply({ put: [web], remove: [] });
    store.apply({ put: [backend('web', 3000)], remove: [] });
    store.apply({ put: [backend('web', 3001)], remove: [] });
    await rest(bench);
    expect(publisher.published).toHaveLength(2);
    expect(publisher.last?.backends.backends[0]?.endpoints).toEqual([{ address: '127.0.0.1', port: 3001, weight: 1 }]);
  });

  test('that makes no difference publishes nothing', async () => {
    const bench = start([web, backend('web', 3000)]);
    const { store, publisher } = bench;
    const again = [route('web', { host: 'a.test', service: 'web' }), backend('web', 3000), backend('unused', 1)];
    store.apply({ put: again, remove: [] });
    await rest(bench);
    expect(publisher.published).toHaveLength(1);
  });

  test('that leaves the routes as they are does not publish them again', async () => {
    const bench = start([web, backend('web', 3000)]);
    const { store, publisher } = bench;
    store.apply({ put: [route('web', { host: 'a.test', service: 'web' }), backend('web', 3001)], remove: [] });
    await rest(bench);
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
    const bench = start([web]);
    const { store, publisher } = bench;
    store.apply({ put: [next], remove: [] });
    await rest(bench);
    expect(publisher.published).toHaveLength(2);
    expect(publisher.last).toHaveProperty('routes');
  });

  test('of the owner of a rule is a difference', async () => {
    const bench = start([web]);
    const { store, publisher } = bench;
    store.apply({ put: [route('web2', { host: 'a.test', service: 'web' })], remove: [refOf(web)] });
    await rest(bench);
    expect(publisher.last?.routes?.rules).toMatchObject([{ owner: { name: 'web2' } }]);
  });
});

describe('refusals', () => {
  test('of routes and of backends stand in the ledger until they are mended', async () => {
    const bench = start([web]);
    const { store, ledger } = bench;
    expect(ledger.all()).toMatchObject([{ file: 'a.yaml', reason: 'ServiceMissing' }]);
    store.apply({ put: [backend('web', 3000), route('web2', { host: 'a.test', service: 'web' })], remove: [] });
    await rest(bench);
    expect(ledger.all()).toMatchObject([{ object: { name: 'web2' }, reason: 'PathConflict' }]);
    store.apply({ put: [], remove: [refOf(route('web2'))] });
    await rest(bench);
    expect(ledger.all()).toEqual([]);
  });
});

describe('what fails', () => {
  test('to translate is logged and tried again with the next change, routes included', async () => {
    let broken = false;
    const bench = start([web], (real) => ({
      list: (kind) => real.list(kind),
      get: (kind, namespace, name) => {
        if (broken) throw new Error('no translation');
        return real.get(kind, namespace, name);
      },
      slicesOf: (namespace, name) => real.slicesOf(namespace, name),
      onChange: (listener) => real.onChange(listener),
    }));
    const { store, log, publisher } = bench;
    broken = true;
    store.apply({ put: [route('web', { host: 'b.test', service: 'web' })], remove: [] });
    await rest(bench);
    expect(log.of('change could not be published, the last good generation stays')).toHaveLength(1);
    expect(publisher.published).toHaveLength(1);
    broken = false;
    store.apply({ put: [backend('web', 3000)], remove: [] });
    await rest(bench);
    expect(publisher.last?.routes?.rules).toMatchObject([{ host: 'b.test' }]);
  });

  test('to compile is logged and tried again with the next change, routes included', async () => {
    const bench = start([web]);
    const { store, log, publisher } = bench;
    publisher.failure = new Error('no table');
    store.apply({ put: [route('web', { host: 'b.test', service: 'web' })], remove: [] });
    await rest(bench);
    expect(log.lines.filter(({ level }) => level === 'error')).toMatchObject([{ fields: { err: publisher.failure } }]);
    publisher.failure = undefined;
    store.apply({ put: [backend('web', 3000)], remove: [] });
    await rest(bench);
    expect(publisher.published).toHaveLength(2);
    expect(publisher.last?.routes?.rules).toMatchObject([{ host: 'b.test' }]);
  });
});

describe('in time', () => {
  const put = (store: ObjectStore, port: number): void => store.apply({ put: [backend('web', port)], remove: [] });
  const portOf = ({ backends }: Published): number | undefined => backends.backends[0]?.endpoints[0]?.port;

  test('a change after a rest is published in the turn in which it comes', async () => {
    const bench = start([web, backend('web', 3000)]);
    await rest(bench);
    put(bench.store, 3001);
    await Promise.resolve();
    expect(bench.publisher.published.map(portOf)).toEqual([3000, 3001]);
  });

  test('changes that keep coming are published together, at most the interval apart, and none is left out', async () => {
    const bench = start([web, backend('web', 3000)]);
    await rest(bench);
    const moments: number[] = [];
    let known = bench.publisher.published.length;
    for (let ms = 0; ms < 1000; ms++) {
      put(bench.store, 4000 + ms);
      await Promise.resolve();
      if (bench.publisher.published.length > known) moments.push(ms);
      known = bench.publisher.published.length;
      bench.clock.advance(1);
    }
    expect(moments[0], 'the first one at once').toBe(0);
    const gaps = moments.slice(1).map((moment, i) => moment - (moments[i] as number));
    expect(Math.max(...gaps)).toBe(INTERVAL_MS);
    expect(moments.length, 'few').toBeLessThan(30);
    await rest(bench);
    expect(portOf(bench.publisher.last!)).toBe(4999);
  });

  test('changes that come one by one, each after the one before is published, hardly wait', async () => {
    const bench = start([web, backend('web', 3000)]);
    await rest(bench);
    let waitedMs = 0;
    for (let round = 0; round < 100; round++) {
      const known = bench.publisher.published.length;
      put(bench.store, 4000 + round);
      await Promise.resolve();
      for (; bench.publisher.published.length === known; waitedMs++) bench.clock.advance(1);
    }
    expect(waitedMs).toBeLessThanOrEqual(2 * 100);
  });

  test('with an interval of 0 every turn is published', async () => {
    const bench = start([web, backend('web', 3000)], undefined, 0);
    for (const port of [3001, 3002]) {
      put(bench.store, port);
      await Promise.resolve();
    }
    expect(bench.publisher.published.map(portOf)).toEqual([3000, 3001, 3002]);
  });
});

describe('much at once', () => {
  const COUNT = 2_000;
  const many = Array.from({ length: COUNT }, (_, i) => [
    route(`web-${i}`, { host: `${i}.test`, service: `web-${i}` }),
    backend(`web-${i}`, 3000 + i),
  ]).flat();

  /** Each look at it is a quarter of a millisecond later, so that slices end by themselves. */
  class WearyClock extends HandClock {
    override now(): number {
      this.advance(0.25);
      return super.now();
    }
  }

  test('is taken up in slices, and what changes meanwhile is published after it', async () => {
    const bench = start(many, undefined, INTERVAL_MS, new WearyClock());
    expect(bench.publisher.published, 'the loop turns first').toEqual([]);
    let turns = 0;
    while (bench.publisher.published.length === 0) {
      if (turns++ === 3) bench.store.apply({ put: [backend('web-0', 9_999)], remove: [refOf(many[2]!)] });
      await new Promise(setImmediate);
    }
    expect(turns).toBeGreaterThan(10);
    await bench.begun;
    while (bench.publisher.published.length === 1) {
      await new Promise(setImmediate);
      bench.clock.advance(INTERVAL_MS);
    }
    expect(bench.publisher.last?.routes?.rules).toHaveLength(COUNT - 1);
    const first = bench.publisher.last?.backends.backends.find(({ key }) => key === 'default/web-0:80');
    expect(first?.endpoints).toMatchObject([{ port: 9_999 }]);
  });
});
