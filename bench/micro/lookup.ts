/** `RouteTable.find` on tables of several sizes, with the requests that take each of its ways. */
import { Bench } from 'tinybench';
import { RouteTable } from '../../src/table/route-table.ts';
import { writeRoutes } from '../../src/table/write-routes.ts';
import { manyRules } from '../../test/support/snapshots.ts';

/** Lookups in one sample, so that the clock's own cost disappears; each with another host, so that caches are as cold as in service. */
const REPEATS = 1000;
const SIZES = [100, 10_000, 100_000];
const SITE_STEP = 7919;

interface Request {
  readonly host: Buffer;
  readonly path: Buffer;
}

const request = (host: string, path: string): Request => ({ host: Buffer.from(host), path: Buffer.from(path) });

/** Spread over all sites of the table; `of` makes the request for one site. */
function requests(ruleCount: number, of: (site: number) => Request): Request[] {
  const sites = ruleCount / 2;
  return Array.from({ length: REPEATS }, (_, i) => of((i * SITE_STEP) % sites));
}

const host = (site: number) => `site-${site}.apps.example.test`;
const ways: Record<string, (site: number) => Request> = {
  'exact path': (site) => request(host(site - (site % 5)), `/api/v1/resources-${(site - (site % 5)) * 2}`),
  'deep path below a prefix': (site) => request(host(site), `/api/v1/resources-${site * 2}/items/4711/details/42`),
  'prefix / of a host': (site) => request(host(site), '/index.html'),
  'host in upper case': (site) => request(host(site).toUpperCase(), '/'),
  'host unknown': (site) => request(`other-${site}.example.test`, '/api/v1/users'),
};

function build(ruleCount: number): RouteTable {
  const allocate = (byteLength: number) => new SharedArrayBuffer(byteLength);
  return new RouteTable(writeRoutes(manyRules(ruleCount), { generation: 1, seed: 7, backendId: () => 0, allocate }));
}

const bench = new Bench({ time: 300, warmupTime: 200 });
let found = 0;
for (const size of SIZES) {
  const table = build(size);
  for (const [way, of] of Object.entries(ways)) {
    const asked = requests(size, of);
    const lookups = () => {
      for (const { host, path } of asked) found += table.find(host, 0, host.length, path, 0, path.length);
    };
    bench.add(`${size} routes: ${way}`, lookups, { async: false });
  }
}
await bench.run();
if (!Number.isSafeInteger(found)) throw new Error('the lookups found no numbers');

const rows = bench.tasks.map(({ name, result }) => {
  if (!('latency' in result)) throw new Error(`${name} was not measured: ${result.state}`);
  const ns = (ms: number) => Math.round((ms * 1e6) / REPEATS);
  return { name, p50Ns: ns(result.latency.p50), p99Ns: ns(result.latency.p99) };
});
console.log('one lookup, in nanoseconds (aim: at most 1000 at 10,000 routes)');
for (const { name, p50Ns, p99Ns } of rows) {
  console.log(`${String(p50Ns).padStart(6)} ns  (p99 ${String(p99Ns).padStart(6)})  ${name}`);
}
console.log(JSON.stringify({ lookup: rows }));
