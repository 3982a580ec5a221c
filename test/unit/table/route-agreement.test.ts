import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PathKind, Rule } from '../../../src/model/snapshot.ts';
import { RouteTable } from '../../../src/table/route-table.ts';
import { writeRoutes } from '../../../src/table/write-routes.ts';
import { findSlowly } from '../../support/reference-matcher.ts';
import { newRule } from '../../support/snapshots.ts';

const TABLES = 1000;
const HOSTS_PER_TABLE = 10;
const PATHS_PER_TABLE = 10;
const LONG = 'x'.repeat(65_536);

/** Few and similar words, so that random hosts and paths meet; and those that bite naive maps. */
const label = fc.oneof(
  { weight: 200, arbitrary: fc.constantFrom('a', 'b', 'ab', '*', '', '__proto__', 'constructor', 'é', '\u{1f409}') },
  { weight: 1, arbitrary: fc.constant(LONG) },
);
const segments = (maxLength: number) => fc.array(label, { maxLength });
const hostName = fc.oneof(
  segments(3).map((labels) => labels.join('.')),
  segments(2).map((labels) => ['*', ...labels].join('.')),
);
const absolutePath = segments(5).map((elements) => `/${elements.join('/')}`);
const deepPath = fc.nat(40).map((depth) => '/a'.repeat(depth));

const rule: fc.Arbitrary<Rule> = fc
  .record({
    host: hostName,
    pathKind: fc.constantFrom<PathKind>('exact', 'prefix', 'prefix', 'default'),
    path: fc.oneof(absolutePath, deepPath, fc.constantFrom('', '*')),
  })
  .map(({ host, pathKind, path }) => newRule(host, pathKind, storedPath(pathKind, path)));

function storedPath(pathKind: PathKind, path: string): string {
  if (pathKind === 'default') return '';
  return pathKind === 'prefix' ? path.replace(/\/$/, '') : path;
}

const bytesOf = (text: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> => text.map((it) => Buffer.from(it));
const anyBytes = fc.uint8Array({ maxLength: 12 });
const requestHost = fc.oneof(
  { weight: 4, arbitrary: bytesOf(hostName) },
  { weight: 2, arbitrary: bytesOf(hostName.map((host) => host.toUpperCase())) },
  { weight: 1, arbitrary: anyBytes },
);
const requestPath = fc.oneof(
  { weight: 6, arbitrary: bytesOf(absolutePath) },
  { weight: 1, arbitrary: bytesOf(deepPath) },
  { weight: 1, arbitrary: bytesOf(fc.constantFrom('', '*', '/', 'a', `/${LONG}/a`)) },
  { weight: 1, arbitrary: anyBytes },
);
const times = (count: number) => ({ minLength: count, maxLength: count });

/** Everything before and after the range must not matter. */
const framed = (bytes: Uint8Array) => Buffer.concat([Buffer.from('/a.'), bytes, Buffer.from('/a.b')]);

test(`the compiled table agrees with the plain matcher on ${TABLES * HOSTS_PER_TABLE * PATHS_PER_TABLE} pairs`, () => {
  let taken = 0;
  const agrees = fc.property(
    fc.array(rule, { maxLength: 16 }),
    fc.integer(),
    fc.array(requestHost, times(HOSTS_PER_TABLE)),
    fc.array(requestPath, times(PATHS_PER_TABLE)),
    (rules, seed, hosts, paths) => {
      const allocate = (byteLength: number) => new SharedArrayBuffer(byteLength);
      const table = new RouteTable(writeRoutes(rules, { generation: 1, seed, backendId: () => 0, allocate }));
      for (const host of hosts) {
        for (const path of paths) {
          const found = table.find(framed(host), 3, 3 + host.length, framed(path), 3, 3 + path.length);
          if (found >= 0) taken++;
          if (found !== findSlowly(rules, host, path)) {
            expect({ host, path, found }).toEqual({ host, path, found: findSlowly(rules, host, path) });
          }
        }
      }
    },
  );
  fc.assert(agrees, { numRuns: TABLES });
  // Were almost no request taken, agreement would say little.
  expect(taken).toBeGreaterThan(TABLES * HOSTS_PER_TABLE * PATHS_PER_TABLE * 0.2);
});
