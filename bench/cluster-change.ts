/**
 * How soon a change of a cluster is served: from the moment at which a fake API server sends the watch event to the first
 * right answer of every shard, one by one and twenty a second; then thousands of objects at once, with traffic beside
 * them. Runs the sources; `KOMAINU_TEST_BUILT=1` runs `dist`.
 *
 *   node bench/cluster-change.ts [--sites 3000] [--rounds 200] [--seconds 30] [--objects 10000] [--rate 1000]
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { type Site, startChangingCluster } from '../test/support/changing-cluster.ts';
import { clusterIngress, clusterService, slice } from '../test/support/cluster-stage.ts';
import { RawClient } from '../test/support/raw-client.ts';
import { testsBuilt } from '../test/support/start-komainu.ts';
import { type OpenLoopReport, parseOpenLoopReport } from './open-loop-report.ts';

const { values } = parseArgs({
  options: {
    sites: { type: 'string', default: '3000' },
    rounds: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '30' },
    objects: { type: 'string', default: '10000' },
    rate: { type: 'string', default: '1000' },
  },
});
const option = (name: keyof typeof values): number => Number(values[name]);

const PER_SECOND = 20;
const WARM_UP_ROUNDS = 50;
/** Longest run of traffic, in seconds, and when in it the many changes begin. */
const TRAFFIC_SECONDS = 10;
const CHANGES_AFTER_MS = 4000;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const rest = () => new Promise((resolve) => setImmediate(resolve));

const cluster = await startChangingCluster(option('sites'));
const { sites } = cluster;
try {
  await measureAll();
} finally {
  await cluster[Symbol.asyncDispose]();
}

async function measureAll(): Promise<void> {
  await cluster.start(24, {}, ['--idle-timeout-ms', '3600000']);
  const shards = (await cluster.komainu.shards()).length;
  console.log(`${sites.length} sites, ${shards} shards, ${testsBuilt ? 'dist' : 'sources'}`);
  console.log('from the watch event to the first right answer of the last shard, in milliseconds:');
  const watching = watchOthers();
  await oneByOne(WARM_UP_ROUNDS);
  await measured('one by one', () => oneByOne(option('rounds')));
  await measured(`${PER_SECOND} a second`, () => manyASecond(option('seconds')));
  await manyAtOnce(option('objects'), option('rate'));
  await watching.stop();
  await cluster.judgeAll();
  console.log(`${cluster.asked} answers, wrong: ${cluster.wrong.length}`, cluster.wrong.slice(0, 5));
  if (cluster.wrong.length > 0) process.exitCode = 1;
}

async function measured(what: string, run: () => Promise<Map<Site, number>>): Promise<void> {
  const before = { delays: await delays(), cpuMs: mainCpuMs() };
  const times = await run();
  const cpuMs = (mainCpuMs() - before.cpuMs) / times.size;
  for (const kind of ['ingress', 'slice'] as const) {
    const ofKind = [...times].filter(([{ changes }]) => changes === kind).map(([, ms]) => ms);
    console.log(`${what}, ${kind}: ${spread(ofKind)}`);
  }
  console.log(
    `${what}: main thread ${cpuMs.toFixed(2)} ms of CPU a change, ${longestDelay(before.delays, await delays())}`,
  );
}

/** Of each changed site, until the last shard had it. */
async function oneByOne(rounds: number): Promise<Map<Site, number>> {
  const times = new Map<Site, number>();
  for (let round = 0; round < rounds; round++) {
    const site = sites[(round * 617) % sites.length] as Site;
    await sleep(60 + 20 * Math.random());
    cluster.change(site);
    times.set(site, Math.max(...(await cluster.untilLive(site))));
  }
  return times;
}

async function manyASecond(seconds: number): Promise<Map<Site, number>> {
  const times = new Map<Site, number>();
  const running = new Set<Promise<void>>();
  const start = performance.now();
  for (let turn = 0; turn < seconds * PER_SECOND; turn++) {
    const due = start + ((turn + Math.random()) * 1000) / PER_SECOND;
    await sleep(Math.max(0, due - performance.now()));
    const site = sites[(turn * 619 + 1) % sites.length] as Site;
    cluster.change(site);
    const one = cluster.untilLive(site).then((all) => void times.set(site, Math.max(...all)));
    running.add(one);
    void one.finally(() => running.delete(one));
  }
  await Promise.all(running);
  return times;
}

async function manyAtOnce(count: number, rate: number): Promise<void> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', here('plain-origin.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [port] = await once(child.stdout, 'data');
  cluster.stage.put(clusterService('rest'), slice('rest', Number(port)), clusterIngress('rest', [{ service: 'rest' }]));
  cluster.grow(count);
  await cluster.komainu.routed(`${sites.at(-1)?.name}.test`);
  await traffic(rate);
  const before = await traffic(rate);
  const delaysBefore = await delays();
  const loaded = traffic(rate);
  await sleep(CHANGES_AFTER_MS);
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    cluster.change(sites[i] as Site);
    if (i % 50 === 49) await rest();
  }
  const sentMs = performance.now() - start;
  const sample = Array.from({ length: 20 }, (_, i) => sites[count - 1 - Math.floor((i * count) / 20)] as Site);
  for (const site of sample) await cluster.untilLive(site);
  const tookMs = performance.now() - start;
  const during = await loaded;
  console.log(
    `${count} objects at once: sent in ${sentMs.toFixed(0)} ms, served on every shard ${tookMs.toFixed(0)} ms after the first, ${longestDelay(delaysBefore, await delays())}`,
  );
  console.log(`traffic before: ${trafficText(before)}`);
  console.log(`traffic during: ${trafficText(during)}; p99 ${(during.p99Us / before.p99Us).toFixed(2)} times`);
  child.stdin.end();
}

function trafficText({ answered, errors, p50Us, p99Us, longestUs }: OpenLoopReport): string {
  return `${answered} answers, ${errors} errors, p50 ${p50Us} µs, p99 ${p99Us} µs, longest ${longestUs} µs`;
}

async function traffic(rate: number): Promise<OpenLoopReport> {
  const url = `http://127.0.0.1:${cluster.komainu.port()}/`;
  const words = [
    '--disable-warning=ExperimentalWarning',
    here('open-loop.ts'),
    url,
    `${rate}`,
    `${TRAFFIC_SECONDS}`,
    '32',
  ];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  return parseOpenLoopReport(stdout);
}

function here(name: string): string {
  return join(import.meta.dirname, name);
}

function watchOthers(): { stop(): Promise<void> } {
  const stop = new AbortController();
  const asking = (async () => {
    const client = await RawClient.connect(cluster.komainu.port());
    for (let i = 0; !stop.signal.aborted; i++) {
      await cluster.askAny(client, i * 7);
      await sleep(5);
    }
    client[Symbol.dispose]();
  })();
  return {
    async stop() {
      stop.abort();
      await asking;
    },
  };
}

/** Of the main thread so far. */
function mainCpuMs(): number {
  const { pid } = cluster.komainu;
  const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

type Delays = readonly (readonly [bound: string, count: number])[];

async function delays(): Promise<Delays> {
  const all = [...(await cluster.komainu.metrics())].flatMap(([name, count]) => {
    const bound = /^komainu_main_loop_delay_seconds_bucket\{le="(.+)"\}$/.exec(name)?.[1];
    return bound === undefined ? [] : [[bound, count] as const];
  });
  return all.map(([bound, count], i) => [bound, count - (all[i - 1]?.[1] ?? 0)]);
}

function longestDelay(before: Delays, after: Delays): string {
  const seen = after.filter(([, count], i) => count > (before[i]?.[1] ?? 0));
  const [bound = '0', count = 0] = seen.at(-1) ?? [];
  const times = count - (before.find(([one]) => one === bound)?.[1] ?? 0);
  return `main loop held for at most ${bound === '+Inf' ? 'more than 1' : bound} s (${times} times)`;
}

function spread(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? -1).toFixed(1);
  return `p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, longest ${at(1)} (${sorted.length})`;
}
