import { describe, expect, test } from 'vitest';
import type { Rule } from '../../../src/model/snapshot.ts';
import { HOST_EXACT } from '../../../src/table/route-layout.ts';
import { RouteTable } from '../../../src/table/route-table.ts';
import { hashMultiplier, hashStart, hashStep } from '../../../src/table/text-hash.ts';
import { writeRoutes } from '../../../src/table/write-routes.ts';
import { newRule as rule } from '../../support/snapshots.ts';

const written = (rules: readonly Rule[], seed = 7) =>
  new RouteTable(
    writeRoutes(rules, {
      generation: 3,
      seed,
      backendId: () => 5,
      allocate: (byteLength) => new SharedArrayBuffer(byteLength),
    }),
  );

const find = (table: RouteTable, host: string, path: string): number => {
  const hostBytes = Buffer.from(`>>${host}<<`);
  const pathBytes = Buffer.from(`/>${path}/<`);
  return table.find(hostBytes, 2, hostBytes.length - 2, pathBytes, 2, pathBytes.length - 2);
};

describe('a rule takes', () => {
  test.each([
    ['exact', '/a', '/a', true],
    ['exact', '/a', '/a/', false],
    ['exact', '/a', '/ab', false],
    ['exact', '/', '/', true],
    ['exact', '/', '/a', false],
    ['exact', '/a/', '/a/', true],
    ['exact', '/a/', '/a', false],
    ['prefix', '/a', '/a', true],
    ['prefix', '/a', '/a/', true],
    ['prefix', '/a', '/a/b', true],
    ['prefix', '/a', '/ab', false],
    ['prefix', '/a', '/A', false],
    ['prefix', '/a', '/', false],
    ['prefix', '/a/b', '/a', false],
    ['prefix', '/a/b', '/a/b/c/d/e/f/g', true],
    ['prefix', '', '/', true],
    ['prefix', '', '/a/b', true],
    ['prefix', '', '*', true],
    ['prefix', '', '', true],
    ['prefix', '/*', '*', false],
    ['exact', '*', '*', false],
    ['prefix', '*', '*', false],
    ['default', '', '/a', true],
    ['default', '', '*', true],
  ] as const)('%s %j, path %j: %j', (kind, stored, path, taken) => {
    expect(find(written([rule('a.test', kind, stored)]), 'a.test', path)).toBe(taken ? 0 : -1);
  });

  test.each([
    ['a.test', 'a.test', true],
    ['a.test', 'A.Test', true],
    ['az.test', 'AZ.TEST', true],
    ['`{.test', '@[.test', false],
    ['a.test', 'b.a.test', false],
    ['a.test', 'a.test.', false],
    ['*.a.test', 'b.a.test', true],
    ['*.a.test', 'B.A.TEST', true],
    ['*.a.test', '*.a.test', true],
    ['*.a.test', 'a.test', false],
    ['*.a.test', '.a.test', false],
    ['*.a.test', 'c.b.a.test', false],
    ['', 'a.test', true],
    ['', '', true],
    ['a.test', '', false],
    ['__proto__', '__proto__', true],
    ['constructor', 'tostring', false],
    ['é.test', 'é.test', true],
    ['é.test', 'É.test', false],
  ])('host %j, Host %j: %j', (stored, host, taken) => {
    expect(find(written([rule(stored, 'prefix', '')]), host, '/')).toBe(taken ? 0 : -1);
  });
});

describe('each line of the precedence beats the next', () => {
  const ladder: readonly Rule[] = [
    rule('b.a.test', 'exact', '/x/y'),
    rule('b.a.test', 'prefix', '/x/y'),
    rule('b.a.test', 'prefix', '/x'),
    rule('b.a.test', 'prefix', ''),
    rule('b.a.test', 'default', ''),
    rule('*.a.test', 'exact', '/x/y'),
    rule('*.a.test', 'prefix', '/x/y'),
    rule('*.a.test', 'prefix', '/x'),
    rule('*.a.test', 'prefix', ''),
    rule('*.a.test', 'default', ''),
    rule('', 'exact', '/x/y'),
    rule('', 'prefix', '/x/y'),
    rule('', 'prefix', '/x'),
    rule('', 'prefix', ''),
    rule('', 'default', ''),
  ];

  test.each(ladder.slice(1).map((lower, i) => [ladder[i], lower] as const))('%o over %o', (upper, lower) => {
    expect(find(written([upper, lower]), 'b.a.test', '/x/y')).toBe(0);
    expect(find(written([lower, upper]), 'b.a.test', '/x/y')).toBe(1);
  });

  test('whatever is left of the ladder, its highest rule takes the request', () => {
    for (let i = 0; i < ladder.length; i++) expect(find(written(ladder.slice(i)), 'b.a.test', '/x/y')).toBe(0);
  });
});

test('a host without a matching path leaves the request to the wildcard, then to the rules without host', () => {
  const table = written([rule('b.a.test', 'prefix', '/x'), rule('*.a.test', 'prefix', '/y'), rule('', 'prefix', '/z')]);
  expect(['/x', '/y', '/z', '/w'].map((path) => find(table, 'b.a.test', path))).toEqual([0, 1, 2, -1]);
});

test('a table without rules takes nothing', () => {
  expect(find(written([]), 'a.test', '/')).toBe(-1);
});

test('of two equal rules the first counts', () => {
  const twice = [rule('a.test', 'prefix', '/a'), rule('a.test', 'prefix', '/a')];
  expect(find(written(twice), 'a.test', '/a')).toBe(0);
});

test('what was written is read back', () => {
  const rules = [
    rule('', 'default', '', 'ops/fallback:http'),
    rule('*.a.test', 'exact', '/\u00e9\u{1f409}/__proto__', 'ns/ünïcode:80'),
    { ...rule('a.test', 'prefix', '/b'), owner: { kind: 'Ingress', namespace: 'ä', name: 'ö' }, field: 'spec.x' },
  ];
  const table = written(rules);
  expect(table.generation).toBe(3);
  expect(table.ruleCount).toBe(3);
  expect(rules.map((_, i) => table.describe(i))).toEqual(rules);
  expect(table.backendOf(2)).toBe(5);
  expect(() => table.describe(3)).toThrow(RangeError);
  expect(() => table.describe(-1)).toThrow(RangeError);
});

test('64 KiB hosts and paths are data', () => {
  const long = 'h'.repeat(65_536);
  const table = written([rule(long, 'prefix', `/${long}`), rule(long, 'prefix', '/a'.repeat(32_768))]);
  expect(find(table, long.toUpperCase(), `/${long}/x`)).toBe(0);
  expect(find(table, long, `/${long}x`)).toBe(-1);
  expect(find(table, long, `${'/a'.repeat(32_768)}/b/c`)).toBe(1);
  expect(find(table, `${long}h`, '/a')).toBe(-1);
});

/** Two texts of the same length and the same hash; about one pair in 100,000 texts. */
function twins(seed: number, kind: number): readonly [string, string] {
  const seen = new Map<number, string>();
  for (let i = 0; ; i++) {
    const text = `/${(1e6 + i).toString()}`;
    let hash = hashStart(seed) ^ kind;
    for (const byte of Buffer.from(text)) hash = hashStep(hash, byte, hashMultiplier(seed));
    const twin = seen.get(hash);
    if (twin !== undefined) return [twin, text];
    seen.set(hash, text);
  }
}

describe('texts with the same hash are told apart', () => {
  test('paths', () => {
    const [a, b] = twins(7, 0);
    expect(find(written([rule('a.test', 'exact', a)]), 'a.test', b)).toBe(-1);
    expect(find(written([rule('a.test', 'exact', b), rule('a.test', 'exact', a)]), 'a.test', a)).toBe(1);
    expect(find(written([rule('a.test', 'prefix', a)]), 'a.test', b)).toBe(-1);
  });

  test('hosts, and the rules of one with the rules of the other', () => {
    const [a, b] = twins(7, HOST_EXACT);
    expect(find(written([rule(a, 'prefix', '')]), b, '/')).toBe(-1);
    const both = written([rule(a, 'exact', '/x'), rule(b, 'exact', '/y')]);
    expect([find(both, a, '/x'), find(both, b, '/y'), find(both, a, '/y'), find(both, b, '/x')]).toEqual([
      0, 1, -1, -1,
    ]);
  });
});

test('a larger buffer with old bytes in it is read only as far as it was written', () => {
  const dirty = new SharedArrayBuffer(1 << 16);
  new Uint8Array(dirty).fill(0xff);
  const bytes = writeRoutes([rule('a.test', 'prefix', '/a')], {
    generation: 2 ** 33 + 5,
    seed: -1,
    backendId: () => 0,
    allocate: () => dirty,
  });
  const table = new RouteTable(bytes);
  expect(table.generation).toBe(2 ** 33 + 5);
  expect([find(table, 'a.test', '/a/b'), find(table, 'b.test', '/a'), find(table, 'a.test', '/b')]).toEqual([
    0, -1, -1,
  ]);
});

test('bytes of another layout are refused', () => {
  expect(() => new RouteTable(new SharedArrayBuffer(128))).toThrow('layout');
});

test('the same rules give the same bytes', () => {
  const rules = [rule('a.test', 'prefix', '/a'), rule('', 'exact', '/é')];
  const bytes = () => Buffer.from(writeRoutes(rules, { generation: 1, seed: 9, backendId: () => 1, allocate }));
  const allocate = (byteLength: number) => new SharedArrayBuffer(byteLength);
  expect(bytes()).toEqual(bytes());
});
