import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Programs, startContest, wantedNames } from './contest.ts';
import { IdleConnections } from './idle-connections.ts';
import type { Job } from './job.ts';
import { type Load, runLoad } from './load.ts';
import type { Contestant } from './peer.ts';
import { readTree, residentKibOf } from './processes.ts';
import { routesOf } from './routes.ts';
import { type Scenario, scenarios } from './scenarios.ts';

export const MEMORY_ROUTES = 5000;
export const MEMORY_SHARDS = 2;
export const IDLE_CONNECTIONS = 4000;

/** Resident memory at three moments, the garbage collected before each. */
export interface MemoryMeasured {
  readonly name: string;
  readonly version: string;
  /** All routes loaded, hardly a request served. */
  readonly started: Resident;
  /** After the warm-up's load. */
  readonly loaded: Resident;
  /** With the idle connections. */
  readonly idle: Resident;
  readonly bytesPerIdleConnection: number;
  /** Idle connections that the proxy did not keep. */
  readonly lost: number;
}

export interface Resident {
  /** Of all processes; pages that two of them share count twice. */
  readonly allKib: number;
  /** Of the largest process: of Komainu the one that serves, without its launcher. */
  readonly largestKib: number;
}

const SETTLE_STEP_MS = 250;
const SETTLE_STEPS = 40;
/** Less change than this from one look to the next is none. */
const SETTLED_KIB = 256;

/** One proxy after the other, each with its 5,000 routes; their backends but the first are never asked. */
export async function measureMemory(job: Job, programs: Programs): Promise<MemoryMeasured[]> {
  const scenario = scenarios[0] as Scenario;
  const folder = join(job.folder, 'memory');
  const { contestants } = await startContest(job.fleet, programs, {
    names: wantedNames(job.options),
    scenario,
    routes: routesOf(MEMORY_ROUTES),
    shards: MEMORY_SHARDS,
    folder,
    profileFolder: undefined,
    collectable: true,
  });
  const load = { program: programs.wrk, connections: job.options.connections, scenario, folder, signal: job.signal };
  const measured: MemoryMeasured[] = [];
  for (const one of contestants) {
    measured.push(await measureOne(one, load, job.options.warmUpSeconds));
    job.tell(`memory: ${one.name} is measured`);
  }
  await job.fleet.endPresent();
  return measured;
}

async function measureOne(contestant: Contestant, load: Load, seconds: number): Promise<MemoryMeasured> {
  const { name, version, url } = contestant;
  const started = await settled(contestant);
  await runLoad(load, url, seconds);
  const loaded = await settled(contestant);
  const connections = new IdleConnections();
  try {
    await connections.open(url, IDLE_CONNECTIONS);
    const idle = await settled(contestant);
    const bytesPerIdleConnection = ((idle.allKib - loaded.allKib) * 1024) / IDLE_CONNECTIONS;
    return { name, version, started, loaded, idle, bytesPerIdleConnection, lost: connections.lost };
  } finally {
    connections.close();
  }
}

/** Resident memory once it no longer changes, Komainu's garbage collected at each look. */
async function settled({ name, running }: Contestant): Promise<Resident> {
  let before: Resident = { allKib: 0, largestKib: 0 };
  for (let step = 0; step < SETTLE_STEPS; step += 1) {
    const tree = readTree(running.pid);
    if (name === 'komainu' || name === 'base') for (const { pid } of tree) process.kill(pid, 'SIGUSR2');
    await delay(SETTLE_STEP_MS);
    const each = residentKibOf(tree);
    const now = { allKib: each.reduce((sum, kib) => sum + kib, 0), largestKib: Math.max(...each) };
    if (Math.abs(before.allKib - now.allKib) < SETTLED_KIB) return now;
    before = now;
  }
  return before;
}
