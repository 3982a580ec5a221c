import { describe, expect, test } from 'vitest';
import { type Change, Compiler } from '../../../../src/control/compile/compile.ts';
import { defaultPolicy } from '../../../../src/model/backend-policy.ts';
import type { Backend } from '../../../../src/model/snapshot.ts';
import { EndpointTable } from '../../../../src/table/endpoint-table.ts';
import { RouteTable } from '../../../../src/table/route-table.ts';
import { backendsOf, fixedDice, manyRules, routesTo } from '../../../support/snapshots.ts';

const fresh = (byteLength: number) => new SharedArrayBuffer(byteLength);

/** Compiles as a publisher does and keeps the newest tables. */
function newBench(slotCount?: number) {
  const compiler = new Compiler(fixedDice(), slotCount);
  let generation = 0;
  const bench = {
    routes: undefined as RouteTable | undefined,
    endpoints: undefined as EndpointTable | undefined,
    reused: [] as readonly number[],
    compile(change: Change, allocate = { routes: fresh, endpoints: fresh }) {
      const compiled = compiler.compile(change, ++generation, allocate);
      if (compiled.routes !== undefined) bench.routes = new RouteTable(compiled.routes);
      if (compiled.endpoints !== undefined) bench.endpoints = new EndpointTable(compiled.endpoints);
      bench.reused = compiled.reusedSlots;
      return { routes: compiled.routes !== undefined, endpoints: compiled.endpoints !== undefined };
    },
    /** Backend key → id, as the endpoint table says. */
    ids(): Record<string, number> {
      const table = bench.endpoints as EndpointTable;
      const ids: Record<string, number> = {};
      for (let id = 0; id < table.idLimit; id++) if (table.revisionOf(id) !== 0) ids[table.keyOf(id)] = id;
      return ids;
    },
    revision: (key: string) => (bench.endpoints as EndpointTable).revisionOf(bench.ids()[key] ?? -1),
    slots: (key: string) =>
      (bench.endpoints as EndpointTable).endpointsOf(bench.ids()[key] ?? -1).map(({ slot }) => slot),
  };
  return bench;
}

const failing = {
  routes: fresh,
  endpoints: (): SharedArrayBuffer => {
    throw new Error('no memory');
  },
};

describe('what is written', () => {
  test('both parts the first time, and they agree on the ids', () => {
    const bench = newBench();
    const change = { routes: routesTo('a', 'b'), backends: backendsOf({ a: ['10.0.0.1:80'], b: [] }) };
    expect(bench.compile(change)).toEqual({ routes: true, endpoints: true });
    const [routes, endpoints] = [bench.routes as RouteTable, bench.endpoints as EndpointTable];
    expect([0, 1].map((rule) => endpoints.keyOf(routes.backendOf(rule)))).toEqual(['a', 'b']);
    expect(endpoints.endpointsOf(routes.backendOf(0))).toEqual([{ slot: 0, address: '10.0.0.1', port: 80, weight: 1 }]);
  });

  test('an empty pair of snapshots is a pair of empty tables', () => {
    const bench = newBench();
    expect(bench.compile({ routes: routesTo(), backends: backendsOf({}) })).toEqual({ routes: true, endpoints: true });
    expect([bench.routes?.ruleCount, bench.endpoints?.idLimit]).toEqual([0, 0]);
  });

  test('only endpoints when only endpoints changed', () => {
    const bench = newBench();
    const routes = routesTo('a');
    bench.compile({ routes, backends: backendsOf({ a: ['10.0.0.1:80'] }) });
    expect(bench.compile({ backends: backendsOf({ a: ['10.0.0.2:80'] }) })).toEqual({ routes: false, endpoints: true });
    expect(bench.compile({ routes, backends: backendsOf({ a: [] }) })).toEqual({ routes: false, endpoints: true });
  });

  test('only routes when the backends are the same', () => {
    const bench = newBench();
    bench.compile({ routes: routesTo('a', 'b'), backends: backendsOf({ a: ['10.0.0.1:80'], b: [] }) });
    const again = { routes: routesTo('b', 'a'), backends: backendsOf({ a: ['10.0.0.1:80'], b: [] }) };
    expect(bench.compile(again)).toEqual({ routes: true, endpoints: false });
  });

  test('nothing when nothing changed', () => {
    const bench = newBench();
    const change = { routes: routesTo('a'), backends: backendsOf({ a: [] }) };
    bench.compile(change);
    expect(bench.compile(change)).toEqual({ routes: false, endpoints: false });
    expect(bench.compile({ backends: backendsOf({ a: [] }) })).toEqual({ routes: false, endpoints: false });
  });

  test('endpoints when a backend came or left', () => {
    const bench = newBench();
    bench.compile({ routes: routesTo('a'), backends: backendsOf({ a: [] }) });
    expect(bench.compile({ backends: backendsOf({ a: [], b: [] }) }).endpoints).toBe(true);
    expect(bench.compile({ backends: backendsOf({ b: [] }) }).endpoints).toBe(true);
    expect(bench.ids()).toEqual({ b: 1 });
    expect(bench.compile({ backends: backendsOf({ a: [] }) }).endpoints).toBe(true);
  });

  test('routes are asked for the first time', () => {
    expect(() => newBench().compile({ backends: backendsOf({}) })).toThrow('needs routes');
  });
});

describe('ids and revisions', () => {
  test('an id stays with its backend', () => {
    const bench = newBench();
    bench.compile({ routes: routesTo('a', 'b'), backends: backendsOf({ a: [], b: [] }) });
    const before = bench.ids();
    bench.compile({ routes: routesTo('b', 'c'), backends: backendsOf({ b: [], c: [] }) });
    expect(bench.ids().b).toBe(before.b);
  });

  test('a revision changes with a weight and with every part of the policy', () => {
    const bench = newBench();
    const [plain] = backendsOf({ a: ['10.0.0.1:80'] }).backends;
    bench.compile({ routes: routesTo('a'), backends: { backends: [plain] } });
    const { balancing } = defaultPolicy;
    const changed: Backend[] = [
      { ...plain, endpoints: [{ ...plain.endpoints[0], weight: 2 }] },
      { ...plain, policy: { ...defaultPolicy, proxyProtocol: 'v1' } },
      { ...plain, policy: { ...defaultPolicy, requestTrailers: true } },
      { ...plain, policy: { ...defaultPolicy, balancing: { ...balancing, kind: 'cookie' } } },
      { ...plain, policy: { ...defaultPolicy, balancing: { ...balancing, name: 'a' } } },
      { ...plain, policy: { ...defaultPolicy, balancing: { ...balancing, salt: 'a' } } },
    ];
    for (const backend of changed) {
      const before = bench.revision('a');
      expect(bench.compile({ backends: { backends: [backend] } }).endpoints).toBe(true);
      expect(bench.revision('a')).not.toBe(before);
      const copy = { ...backend, policy: { ...backend.policy, balancing: { ...backend.policy.balancing } } };
      expect(bench.compile({ backends: { backends: [copy] } }).endpoints).toBe(false);
    }
  });

  test('a revision changes with the endpoints of its backend and with nothing else', () => {
    const bench = newBench();
    bench.compile({ routes: routesTo('a', 'b'), backends: backendsOf({ a: ['10.0.0.1:80'], b: ['10.0.0.2:80'] }) });
    const [a, b] = [bench.revision('a'), bench.revision('b')];
    bench.compile({ backends: backendsOf({ a: ['10.0.0.1:80'], b: ['10.0.0.2:81'] }) });
    expect(bench.revision('a')).toBe(a);
    expect(bench.revision('b')).not.toBe(b);
  });

  test('an id that became free is given out again, but not in the generation that left it out', () => {
    const bench = newBench();
    bench.compile({ routes: routesTo('a'), backends: backendsOf({ a: [] }) });
    const { a } = bench.ids();
    const revision = bench.revision('a');
    bench.compile({ routes: routesTo('b'), backends: backendsOf({ b: [] }) });
    expect(bench.ids().b).not.toBe(a);
    bench.compile({ routes: routesTo('b', 'c'), backends: backendsOf({ b: [], c: [] }) });
    expect(bench.ids().c).toBe(a);
    expect(bench.revision('c')).not.toBe(revision);
  });

  test('a backend that no snapshot lists has an id of its own while a rule names it', () => {
    const bench = newBench();
    bench.compile({ routes: routesTo('a', 'ghost'), backends: backendsOf({ a: [] }) });
    const ghost = bench.routes?.backendOf(1) as number;
    expect(bench.endpoints?.revisionOf(ghost)).toBe(0);
    bench.compile({ backends: backendsOf({ a: [], b: [] }) });
    bench.compile({ backends: backendsOf({ a: [], b: [], c: [] }) });
    expect(Object.values(bench.ids())).not.toContain(ghost);
    bench.compile({ backends: backendsOf({ a: [], ghost: [] }) });
    expect(bench.ids().ghost).toBe(ghost);
  });

  test('a backend that was unlisted for a time comes back with another revision', () => {
    const bench = newBench();
    bench.compile({ routes: routesTo('a'), backends: backendsOf({ a: ['10.0.0.1:80'] }) });
    const [id, revision] = [bench.ids().a, bench.revision('a')];
    bench.compile({ backends: backendsOf({}) });
    bench.compile({ backends: backendsOf({ a: ['10.0.0.1:80'] }) });
    expect(bench.ids().a).toBe(id);
    expect(bench.revision('a')).not.toBe(revision);
    expect(bench.slots('a')).toHaveLength(1);
  });

  test('keys that are names of object properties are keys', () => {
    const bench = newBench();
    const keys = ['__proto__', 'constructor', 'toString'];
    const backends = {
      backends: keys.map((key) => ({
        key,
        endpoints: [{ address: '__proto__', port: 1, weight: 1 }],
        policy: defaultPolicy,
      })),
    };
    bench.compile({ routes: routesTo(...keys), backends });
    expect([0, 1, 2].map((rule) => bench.endpoints?.keyOf(bench.routes?.backendOf(rule) as number))).toEqual(keys);
  });
});

describe('health slots', () => {
  test('an endpoint keeps its slot while any backend has it, and backends share it', () => {
    const bench = newBench();
    bench.compile({ routes: routesTo('a', 'b'), backends: backendsOf({ a: ['10.0.0.1:80'], b: ['10.0.0.1:80'] }) });
    expect(bench.slots('a')).toEqual(bench.slots('b'));
    const [slot] = bench.slots('a');
    bench.compile({ backends: backendsOf({ a: [], b: ['10.0.0.0:80', '10.0.0.1:80'] }) });
    expect(bench.slots('b')[1]).toBe(slot);
    bench.compile({ backends: backendsOf({ a: ['10.0.0.1:80'], b: [] }) });
    expect(bench.slots('a')).toEqual([slot]);
  });

  test('a free slot is given out again after all others, in a later generation, and said to be reused', () => {
    const bench = newBench(2);
    bench.compile({ routes: routesTo('a'), backends: backendsOf({ a: ['10.0.0.1:80'] }) });
    bench.compile({ backends: backendsOf({ a: ['10.0.0.2:80'] }) });
    expect([bench.slots('a'), bench.reused]).toEqual([[1], []]);
    bench.compile({ backends: backendsOf({ a: ['10.0.0.3:80'] }) });
    expect([bench.slots('a'), bench.reused]).toEqual([[0], [0]]);
    bench.compile({ backends: backendsOf({ a: ['10.0.0.3:80', '10.0.0.4:80'] }) });
    expect([bench.slots('a'), bench.reused]).toEqual([[0, 1], [1]]);
  });

  test('endpoints beyond the last slot have none', () => {
    const bench = newBench(1);
    bench.compile({ routes: routesTo('a'), backends: backendsOf({ a: ['10.0.0.1:80', '10.0.0.2:80'] }) });
    expect(bench.slots('a')).toEqual([0, -1]);
    bench.compile({ backends: backendsOf({ a: ['10.0.0.2:80'] }) });
    expect(bench.slots('a')).toEqual([-1]);
    bench.compile({ backends: backendsOf({ a: ['10.0.0.3:80'] }) });
    expect(bench.slots('a')).toEqual([0]);
  });
});

describe('after a generation that could not be written', () => {
  test('the same change is written in full the next time', () => {
    const bench = newBench();
    bench.compile({ routes: routesTo('a'), backends: backendsOf({ a: [] }) });
    const change = { routes: routesTo('b'), backends: backendsOf({ b: ['10.0.0.1:80'] }) };
    expect(() => bench.compile(change, failing)).toThrow('no memory');
    expect(bench.compile(change)).toEqual({ routes: true, endpoints: true });
    expect(bench.endpoints?.keyOf(bench.routes?.backendOf(0) as number)).toBe('b');
  });

  test('rules that are tried again later lead to their own backend, whatever ids were given out meanwhile', () => {
    const bench = newBench();
    bench.compile({ routes: routesTo('a'), backends: backendsOf({ a: [] }) });
    const routes = routesTo('b');
    expect(() => bench.compile({ routes, backends: backendsOf({ a: [], b: [] }) }, failing)).toThrow();
    bench.compile({ backends: backendsOf({ a: [] }) });
    bench.compile({ backends: backendsOf({ a: [], c: [] }) });
    bench.compile({ routes, backends: backendsOf({ a: [], b: [], c: [] }) });
    expect(bench.endpoints?.keyOf(bench.routes?.backendOf(0) as number)).toBe('b');
  });

  test('ids that the last good generation uses are not given to others', () => {
    const bench = newBench();
    bench.compile({ routes: routesTo('a'), backends: backendsOf({ a: [] }) });
    const { a } = bench.ids();
    expect(() => bench.compile({ routes: routesTo('b'), backends: backendsOf({ b: [] }) }, failing)).toThrow();
    bench.compile({ backends: backendsOf({ a: [], c: [], d: [] }) });
    bench.compile({ backends: backendsOf({ a: [], c: [], d: [], e: [] }) });
    const ids = bench.ids();
    expect(ids.a).toBe(a);
    expect(new Set(Object.values(ids)).size).toBe(4);
  });
});

test('100,000 routes are compiled, each finds itself, and they take at most 300 bytes each', () => {
  const rules = manyRules(100_000);
  const keys = [...new Set(rules.map((rule) => rule.backend))];
  const backends = { backends: keys.map((key) => ({ key, endpoints: [], policy: defaultPolicy })) };
  const compiled = new Compiler(fixedDice()).compile({ routes: { rules }, backends }, 1, {
    routes: fresh,
    endpoints: fresh,
  });
  const bytes = compiled.routes as SharedArrayBuffer;
  expect(bytes.byteLength / rules.length).toBeLessThan(300);
  const table = new RouteTable(bytes);
  const wrong = rules.filter((rule, i) => {
    const host = Buffer.from(rule.host);
    const path = Buffer.from(rule.path === '' ? '/' : rule.path);
    return table.find(host, 0, host.length, path, 0, path.length) !== i;
  });
  expect(wrong).toEqual([]);
});
