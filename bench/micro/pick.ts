/** One pick of each policy, in backends of several sizes: what spreading costs a request. */
import { Bench } from 'tinybench';
import { balancingKinds } from '../../src/model/backend-policy.ts';
import { clientAt, endpointsOf, headOf, Picking } from '../../test/support/picking.ts';

/** Picks in one sample, each for another client. */
const REPEATS = 1000;
const SIZES = [3, 30, 1000];

const clients = Array.from({ length: REPEATS }, (_, i) => clientAt(`192.0.${i >> 8}.${i & 255}`));
const browser = ['User-Agent: Mozilla/5.0 (X11; Linux x86_64)', 'Accept: text/html', 'Accept-Language: en'];

function build(kind: (typeof balancingKinds)[number], size: number): () => void {
  const name = kind === 'cookie' ? 'sticky' : 'x-tenant';
  const weights = Array.from({ length: size }, (_, i) => 1 + (i % 7));
  const { backend, health, moment } = new Picking(endpointsOf(size), { balancing: { kind, name, salt: 's' }, weights });
  const { affinity, endpoints, picker } = backend;
  const heads = clients.map((_, i) => {
    const line = affinity?.answerLines(headOf(), endpoints[i % size]!)?.toString('latin1') ?? '';
    const cookie = /sticky=\w+/.exec(line)?.[0] ?? 'a=b';
    return headOf(...browser, `X-Tenant: tenant-${i}`, `Cookie: theme=dark; session=4711; ${cookie}`);
  });
  return () => {
    for (let i = 0; i < REPEATS; i++) {
      if (picker.pick(heads[i]!, clients[i]!, health, moment, undefined) === undefined) throw new Error('no pick');
    }
  };
}

const bench = new Bench({ time: 300, warmupTime: 200 });
for (const size of SIZES) {
  for (const kind of balancingKinds) bench.add(`${kind}, ${size} endpoints`, build(kind, size), { async: false });
}
await bench.run();

const rows = bench.tasks.map(({ name, result }) => {
  if (!('latency' in result)) throw new Error(`${name} was not measured: ${result.state}`);
  const ns = (ms: number) => Math.round((ms * 1e6) / REPEATS);
  return { name, p50Ns: ns(result.latency.p50), p99Ns: ns(result.latency.p99) };
});
console.log('one pick, in nanoseconds (aim: at most 500, and as much for many endpoints as for few)');
for (const { name, p50Ns, p99Ns } of rows) {
  console.log(`${String(p50Ns).padStart(9)} ns  (p99 ${String(p99Ns).padStart(6)})  ${name}`);
}
console.log(JSON.stringify({ pick: rows }));
