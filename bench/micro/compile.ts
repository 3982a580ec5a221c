/** From snapshots to published bytes: what a new table and one change cost the main thread, and what a route costs in memory. */
import { Bench } from 'tinybench';
import { systemDice } from '../../src/base/dice.ts';
import { Compiler } from '../../src/control/compile/compile.ts';
import { BufferRing } from '../../src/control/publish/buffer-ring.ts';
import { Publisher } from '../../src/control/publish/publisher.ts';
import { defaultPolicy } from '../../src/model/backend-policy.ts';
import type { BackendSnapshot, Endpoint, RouteSnapshot, Rule } from '../../src/model/snapshot.ts';
import { manyRules } from '../../test/support/snapshots.ts';

const SIZES = [1000, 5000, 10_000, 100_000];
const ENDPOINTS_PER_BACKEND = 3;

/** Two snapshots that differ in the endpoints of the first backend. */
function backendPair(rules: readonly Rule[]): readonly BackendSnapshot[] {
  const keys = [...new Set(rules.map((rule) => rule.backend))].sort();
  const backends = keys.map((key, index) => ({ key, endpoints: endpointsOf(index, 8080), policy: defaultPolicy }));
  const moved = { ...backends[0], endpoints: endpointsOf(0, 8081) };
  return [{ backends }, { backends: [moved, ...backends.slice(1)] }];
}

const endpointsOf = (backend: number, port: number): readonly Endpoint[] =>
  Array.from({ length: ENDPOINTS_PER_BACKEND }, (_, i) => ({
    address: `10.${backend >> 8}.${backend & 255}.${i}`,
    port,
    weight: 1,
  }));

/** Two snapshots that differ in the path of the first rule. */
function routePair(ruleCount: number): readonly RouteSnapshot[] {
  const rules = manyRules(ruleCount);
  return [{ rules }, { rules: [{ ...rules[0], path: '/turn' }, ...rules.slice(1)] }];
}

/** Publishes with shards that acknowledge at once. */
function startPublisher() {
  let adopted = 0;
  const parts = { compiler: new Compiler(systemDice), ring: new BufferRing(), oldestAdopted: () => adopted };
  return new Publisher({
    ...parts,
    send: ({ generation }) => {
      adopted = generation;
    },
  });
}

const bench = new Bench({ time: 1000, warmupTime: 500 });
const memory: { routes: number; bytesPerRoute: number }[] = [];
for (const size of SIZES) {
  const routes = routePair(size);
  const backends = backendPair(routes[0].rules);
  const publisher = startPublisher();
  const first = publisher.publish({ routes: routes[0], backends: backends[0] });
  memory.push({ routes: size, bytesPerRoute: Math.round(first.routes.bytes.byteLength / size) });
  let turn = 0;
  const next = <T>(pair: readonly T[]): T => pair[++turn & 1];
  bench.add(
    `${size} routes: all of it new`,
    () => void startPublisher().publish({ routes: routes[0], backends: backends[0] }),
    { async: false },
  );
  bench.add(
    `${size} routes: one route`,
    () => void publisher.publish({ routes: next(routes), backends: backends[0] }),
    { async: false },
  );
  bench.add(`${size} routes: one backend's endpoints`, () => void publisher.publish({ backends: next(backends) }), {
    async: false,
  });
}
await bench.run();

const rows = bench.tasks.map(({ name, result }) => {
  if (!('latency' in result)) throw new Error(`${name} was not measured: ${result.state}`);
  return { name, p50Ms: result.latency.p50, p99Ms: result.latency.p99 };
});
console.log('one publication, in milliseconds (aim: at most 15 for 5,000 new routes)');
for (const { name, p50Ms, p99Ms } of rows) {
  console.log(`${p50Ms.toFixed(3).padStart(9)} ms  (p99 ${p99Ms.toFixed(3).padStart(8)})  ${name}`);
}
for (const { routes, bytesPerRoute } of memory) {
  console.log(`${bytesPerRoute} bytes a route at ${routes} (aim: at most 300)`);
}
console.log(JSON.stringify({ compile: rows, memory }));
