import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Compiler } from '../../../../src/control/compile/compile.ts';
import { defaultPolicy } from '../../../../src/model/backend-policy.ts';
import { type Backend, type PathKind, precedes, type Rule, sameBackend } from '../../../../src/model/snapshot.ts';
import { EndpointTable } from '../../../../src/table/endpoint-table.ts';
import { RouteTable } from '../../../../src/table/route-table.ts';
import { findSlowly } from '../../../support/reference-matcher.ts';
import { fixedDice, newRule } from '../../../support/snapshots.ts';

const HOSTS = ['', 'a.test', 'b.test', '*.test'];
const PATHS = ['/', '/a', '/a/b', '/c'];
const KEYS = ['k/a:80', 'k/b:80', 'k/c:80', 'k/d:80'];

const rule: fc.Arbitrary<Rule> = fc
  .record({
    host: fc.constantFrom(...HOSTS),
    pathKind: fc.constantFrom<PathKind>('exact', 'prefix', 'default'),
    path: fc.constantFrom('', '/a', '/a/b', '/long'.repeat(40)),
    backend: fc.constantFrom(...KEYS),
    field: fc.constantFrom('one', 'two'),
  })
  .map(({ host, pathKind, path, backend, field }) => ({
    ...newRule(host, pathKind, pathKind === 'default' ? '' : path === '' && pathKind === 'exact' ? '/' : path, backend),
    field,
  }));
const placeOf = ({ host, pathKind, path }: Rule): string => `${host} ${pathKind} ${path}`;
const rules = fc
  .uniqueArray(rule, { selector: placeOf, maxLength: 8 })
  .map((all) => all.sort((a, b) => (precedes(a, b) ? -1 : 1)));
const backend: fc.Arbitrary<Backend> = fc
  .record({ key: fc.constantFrom(...KEYS), ends: fc.subarray([1, 2, 3, 4]), trailers: fc.boolean() })
  .map(({ key, ends, trailers }) => ({
    key,
    endpoints: ends.map((end) => ({ address: `10.0.0.${end}`, port: 80, weight: end })),
    policy: trailers ? { ...defaultPolicy, requestTrailers: true } : defaultPolicy,
  }));
const backends = fc
  .uniqueArray(backend, { selector: ({ key }) => key, maxLength: KEYS.length })
  .map((all) => all.sort((a, b) => (a.key < b.key ? -1 : 1)));

/** What it fails at: the bytes of one part cannot be had. */
const move = fc.record({
  rules: fc.option(rules, { nil: undefined }),
  backends,
  /** As translation does it: what did not change is the same object. */
  keeps: fc.boolean(),
  fails: fc.constantFrom<'' | 'routes' | 'endpoints'>('', '', '', 'routes', 'endpoints'),
});

/** Equal ones are the same object, also those of a change that failed: it is tried again. */
function kept<T>(known: Map<string, T>, now: readonly T[]): T[] {
  return now.map((item) => {
    const text = JSON.stringify(item);
    if (!known.has(text)) known.set(text, item);
    return known.get(text)!;
  });
}

class Bench {
  readonly compiler = new Compiler(fixedDice(), 6);
  generation = 0;
  rules: readonly Rule[] = [];
  backends: readonly Backend[] = [];
  routes: RouteTable | undefined;
  endpoints: EndpointTable | undefined;
  /** Newest revision of each id that the last good generation has. */
  revisions = new Map<number, { readonly revision: number; readonly backend: Backend }>();

  compile(rules: readonly Rule[] | undefined, backends: readonly Backend[], fails: string): void {
    const allocate = (part: string) => (byteLength: number) => {
      if (part === fails) throw new Error('no memory');
      const bytes = new SharedArrayBuffer(byteLength + 64);
      new Uint8Array(bytes).fill(0xee);
      return bytes;
    };
    const change = { routes: rules === undefined ? undefined : { rules }, backends: { backends } };
    const parts = { routes: allocate('routes'), endpoints: allocate('endpoints') };
    try {
      const compiled = this.compiler.compile(change, ++this.generation, parts);
      if (compiled.routes !== undefined) this.routes = new RouteTable(compiled.routes);
      if (compiled.endpoints !== undefined) this.endpoints = new EndpointTable(compiled.endpoints);
      this.rules = rules ?? this.rules;
      this.backends = backends;
    } catch (error) {
      expect((error as Error).message).toBe('no memory');
    }
  }

  check(): void {
    const [routes, endpoints] = [this.routes!, this.endpoints!];
    expect(Array.from({ length: routes.ruleCount }, (_, i) => routes.describe(i))).toEqual(this.rules);
    for (const host of HOSTS.map((host) => Buffer.from(host.replace('*', 'x')))) {
      for (const path of PATHS.map((path) => Buffer.from(path))) {
        expect(routes.find(host, 0, host.length, path, 0, path.length)).toBe(findSlowly(this.rules, host, path));
      }
    }
    const listed = new Set(this.backends.map(({ key }) => key));
    for (const [i, { backend }] of this.rules.entries()) {
      expect(endpoints.keyOf(routes.backendOf(i))).toBe(listed.has(backend) ? backend : '');
    }
    this.#checkBackends(endpoints);
  }

  #checkBackends(endpoints: EndpointTable): void {
    const ids = Array.from({ length: endpoints.idLimit }, (_, id) => id).filter((id) => endpoints.revisionOf(id) !== 0);
    expect(ids.map((id) => endpoints.keyOf(id)).sort()).toEqual(this.backends.map(({ key }) => key));
    const revisions = new Map<number, { readonly revision: number; readonly backend: Backend }>();
    for (const id of ids) {
      const backend = this.backends.find(({ key }) => key === endpoints.keyOf(id))!;
      expect(endpoints.endpointsOf(id).map(({ slot: _slot, ...endpoint }) => endpoint)).toEqual(backend.endpoints);
      expect(endpoints.policyOf(id)).toEqual(backend.policy);
      const revision = endpoints.revisionOf(id);
      const before = this.revisions.get(id);
      if (before?.revision === revision) expect(sameBackend(before.backend, backend)).toBe(true);
      revisions.set(id, { revision, backend });
    }
    this.#checkSlots(endpoints, ids);
    this.revisions = revisions;
  }

  /** Equal endpoints share a slot, different ones never. */
  #checkSlots(endpoints: EndpointTable, ids: readonly number[]): void {
    const owners = new Map<number, string>();
    for (const { slot, address } of ids.flatMap((id) => endpoints.endpointsOf(id))) {
      if (slot >= 0) expect(owners.get(slot) ?? address).toBe(address);
      owners.set(slot, address);
    }
  }
}

test('after any changes, some of which cannot be written, the tables are those of the newest snapshots', () => {
  const check = (moves: (typeof move extends fc.Arbitrary<infer T> ? T : never)[]): void => {
    const bench = new Bench();
    const knownRules = new Map<string, Rule>();
    const knownBackends = new Map<string, Backend>();
    bench.compile([], [], '');
    for (const { rules, backends, keeps, fails } of moves) {
      bench.compile(
        keeps && rules !== undefined ? kept(knownRules, rules) : rules,
        keeps ? kept(knownBackends, backends) : backends,
        fails,
      );
      bench.check();
    }
  };
  fc.assert(fc.property(fc.array(move, { minLength: 1, maxLength: 12 }), check), { numRuns: 1_000 });
});

test('what is gone does not stay in the tables', () => {
  const compiler = new Compiler(fixedDice());
  let bytes = { routes: 0, endpoints: 0 };
  const allocate = {
    routes: (byteLength: number) => {
      bytes = { ...bytes, routes: byteLength };
      return new SharedArrayBuffer(byteLength);
    },
    endpoints: (byteLength: number) => {
      bytes = { ...bytes, endpoints: byteLength };
      return new SharedArrayBuffer(byteLength);
    },
  };
  const compile = (round: number): void => {
    const count = 100;
    const rules = Array.from({ length: count }, (_, i) =>
      newRule(`${i}`.padStart(4, '0'), 'prefix', `/${round}-${i}`, `k/${i}-${round}:80`),
    );
    const backends = rules
      .map(({ backend }, i) => ({
        key: backend,
        endpoints: Array.from({ length: 20 }, (_, k) => ({
          address: `10.${round % 256}.${i}.${k}`,
          port: round,
          weight: 1,
        })),
        policy: defaultPolicy,
      }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    compiler.compile({ routes: { rules }, backends: { backends } }, round + 1, allocate);
  };
  compile(0);
  const first = bytes;
  let largest = first;
  for (let round = 1; round < 200; round++) {
    compile(round);
    largest = {
      routes: Math.max(largest.routes, bytes.routes),
      endpoints: Math.max(largest.endpoints, bytes.endpoints),
    };
  }
  expect(largest.routes).toBeLessThan(3 * first.routes + 100_000);
  expect(largest.endpoints).toBeLessThan(4 * first.endpoints + 100_000);
});
