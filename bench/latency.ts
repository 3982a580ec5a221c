import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Programs, proxyNames, startContest, wantedNames } from './contest.ts';
import type { Job } from './job.ts';
import { type Load, runLoad } from './load.ts';
import { type OpenLoopReport, parseOpenLoopReport } from './open-loop-report.ts';
import { rotated } from './rounds.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { median } from './statistics.ts';

/** Latency at one rate of requests that is the same for all. */
export interface LatencyResult {
  /** Requests per second. */
  readonly rate: number;
  readonly proxies: readonly LatencyMeasured[];
}

export interface LatencyMeasured {
  readonly name: string;
  readonly version: string;
  /** In the order of the run; each has as many as the others. */
  readonly rounds: readonly OpenLoopReport[];
}

/** Where the load goes: a proxy, or past all of them to the backend. */
interface Target {
  readonly name: string;
  readonly version: string;
  readonly url: string;
}

const MAXIMUM_ROUNDS = 3;
const SPARE_MS = 30_000;
const program = join(import.meta.dirname, 'open-loop.ts');

/** Measures the wanted proxies and, as a floor, the backend without any. nginx runs too where its maximum sets the rate. */
export async function measureLatency(job: Job, programs: Programs): Promise<LatencyResult> {
  const { options, fleet, signal } = job;
  const scenario = scenarios[0] as Scenario;
  const wanted: readonly string[] = wantedNames(options);
  const names = proxyNames.filter((name) => wanted.includes(name) || (name === 'nginx' && options.rate === undefined));
  const folder = join(job.folder, 'latency');
  const { backend, contestants } = await startContest(fleet, programs, {
    names,
    scenario,
    routes: [],
    shards: options.shards,
    folder,
    profileFolder: undefined,
    collectable: false,
  });
  const load: Load = { program: programs.wrk, connections: options.connections, scenario, folder, signal };
  for (const { url } of contestants) await runLoad(load, url, options.warmUpSeconds);
  const rate = options.rate ?? (await halfOfNginx(load, contestants, options.seconds));
  job.tell(`latency: ${rate} requests/s`);
  const direct: Target = { name: 'direct', version: '', url: backend.url };
  const proxies = await measureInTurns(job, [direct, ...contestants.filter(({ name }) => wanted.includes(name))], rate);
  await fleet.endPresent();
  return { rate, proxies };
}

async function halfOfNginx(load: Load, contestants: readonly Target[], seconds: number): Promise<number> {
  const nginx = contestants.find(({ name }) => name === 'nginx') as Target;
  const maxima: number[] = [];
  for (let round = 0; round < MAXIMUM_ROUNDS; round += 1) {
    maxima.push((await runLoad(load, nginx.url, seconds)).requestsPerSecond);
  }
  return Math.round(median(maxima) / 2);
}

async function measureInTurns(job: Job, targets: readonly Target[], rate: number): Promise<LatencyMeasured[]> {
  const { options, tell } = job;
  const measured = new Map<Target, OpenLoopReport[]>(targets.map((one) => [one, []]));
  for (let number = 0; number < options.rounds; number += 1) {
    for (const one of rotated(targets, number)) {
      const report = await runPaced(job, one.url, rate);
      measured.get(one)?.push(report);
      tell(`latency, round ${number + 1} of ${options.rounds}: ${one.name} p99 ${report.p99Us} µs`);
    }
  }
  return Array.from(measured, ([{ name, version }, rounds]) => ({ name, version, rounds }));
}

/** In a process of its own, so that nothing else this one does delays a request. */
async function runPaced({ options, signal }: Job, url: string, rate: number): Promise<OpenLoopReport> {
  const words = [program, url, rate, options.seconds, options.connections].map(String);
  const timeout = options.seconds * 1000 + SPARE_MS;
  const { stdout } = await promisify(execFile)(process.execPath, words, { signal, timeout });
  return parseOpenLoopReport(stdout);
}
