/** From snapshots to published bytes: what one change costs the main thread, and what a route costs in memory. */
import { Bench } from 'tinybench';
import { systemDice } from '../../src/base/dice.ts';
import { Compiler } from '../../src/control/compile/compile.ts';
import { BufferRing } from '../../src/control/publish/buffer-ring.ts';
import { Publisher } from '../../src/control/publish/publisher.ts';
import { defaultPolicy } from '../../src/model/backend-policy.ts';
import type { BackendSnapshot, RouteSnapshot, Rule } from '../../src/model/snapshot.ts';
import { manyRules } from '../../test/support/snapshots.ts';

const SIZES = [1000, 5000, 10_000, 100_000];
const ENDPOINTS_PER_BACKEND = 3;

/** `turn` makes the endpoints of the first backend differ. */
function backendsFor(rules: readonly Rule[], turn: number): BackendSnapshot {
  const keys = [...new Set(rules.map((rule) => rule.backend))].sort();
  const endpoints = (index: number) =>
    Array.from({ length: ENDPOINTS_PER_BACKEND }, (_, i) => ({
      address: `10.${index >> 8}.${index & 255}.${i}`,
      port: 8080 + (index === 0 ? turn : 0),
      weight: 1,
    }));
  return { backends: keys.map((key, index) => ({ key, endpoints: endpoints(index), policy: defaultPolicy })) };
}

/** The same rules with another path in one of them; two of these share no text, as two translations may not. */
function routesFor(ruleCount: number, turn: number): RouteSnapshot {
  const rules = manyRules(ruleCount);
  return { rules: rules.map((rule, i) => (i === 0 ? { ...rule, path: `/turn-${turn}` } : rule)) };
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
  const routes = [routesFor(size, 0), routesFor(size, 1)];
  const backends = [backendsFor(routes[0].rules, 0), backendsFor(routes[0].rules, 1)];
  const publisher = startPublisher();
  const first = publisher.publish({ routes: routes[0], backends: backends[0] });
  memory.push({ routes: size, bytesPerRoute: Math.round(first.routes.bytes.byteLength / size) });
  let turn = 0;
  const next = <T>(pair: readonly T[]): T => pair[++turn & 1];
  bench.add(
    `${size} routes: all routes again`,
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
console.log('one publication, in milliseconds (aim: at most 15 for 5,000 routes)');
for (const { name, p50Ms, p99Ms } of rows) {
  console.log(`${p50Ms.toFixed(3).padStart(9)} ms  (p99 ${p99Ms.toFixed(3).padStart(8)})  ${name}`);
}
for (const { routes, bytesPerRoute } of memory) {
  console.log(`${bytesPerRoute} bytes a route at ${routes} (aim: at most 300)`);
}
console.log(JSON.stringify({ compile: rows, memory }));
