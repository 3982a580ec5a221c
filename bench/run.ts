import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeBaseTree } from './base-tree.ts';
import { compete } from './compete.ts';
import { wantedNames } from './contest.ts';
import { Fleet } from './fleet.ts';
import type { Job } from './job.ts';
import { measureLatency } from './latency.ts';
import { readMachine } from './machine.ts';
import { measureMemory } from './memory.ts';
import { runMicro } from './micro.ts';
import { type Options, readOptions, usage } from './options.ts';
import { prepare } from './prepare.ts';
import { isClean, type Result, renderReport, writeResult } from './result.ts';

const root = join(import.meta.dirname, '..');
const tell = (line: string): void => void process.stderr.write(`${line}\n`);

process.exitCode = await main(process.argv.slice(2));

/** Exit codes: 0, 1 (errors under load, or something could not be measured), 64 (usage), 130 (stopped). */
async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = readOptions(args);
  } catch (error) {
    tell(`${(error as Error).message}\n${usage}`);
    return 64;
  }
  if (options.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  return bench(options);
}

async function bench(options: Options): Promise<number> {
  const time = new Date()
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
  const fleet = new Fleet();
  const folder = mkdtempSync(join(tmpdir(), 'komainu-bench-'));
  chmodSync(folder, 0o755); // nginx's workers, of another user when we are root, read from it
  const signal = stopOnSignal(fleet, folder);
  try {
    const results = join(import.meta.dirname, 'results');
    return await measure({ root, options, fleet, folder, baseFolder: baseIn(folder), results, time, signal, tell });
  } catch (error) {
    tell(signal.aborted ? 'stopped' : (error as Error).message);
    return signal.aborted ? 130 : 1;
  } finally {
    await fleet.endAll();
  }
}

async function measure(job: Job): Promise<number> {
  const { options, fleet, results, time, signal } = job;
  const machine = readMachine();
  const programs = await prepare(job);
  const scenarios = await compete(job, programs);
  const latency = isWanted(options, 'latency') ? await measureLatency(job, programs) : undefined;
  const memory = isWanted(options, 'memory') ? await measureMemory(job, programs) : undefined;
  const result: Result = { time, machine, options, scenarios, latency, memory };
  process.stdout.write(renderReport(result));
  for (const [name, headers] of Object.entries(result.scenarios[0]?.forwarded ?? {}))
    tell(`${name} sends ${headers.join(', ') || 'no forwarded headers'}`);
  for (const file of writeResult(result, results)) tell(`written: ${file}`);
  await fleet.endAll(); // the micro benchmarks have the machine for themselves
  const output = options.markdown ? 2 : 1;
  if (options.parts.includes('micro')) await runMicro(join(import.meta.dirname, 'micro'), output, signal);
  return isClean(result) ? 0 : 1;
}

function isWanted(options: Options, scenario: string): boolean {
  return options.scenarios.includes(scenario) && wantedNames(options).length > 0;
}

function baseIn(folder: string): string {
  return join(folder, 'base-tree');
}

/** The first signal ends the run in order, the second at once; whatever happens, nothing stays behind. */
function stopOnSignal(fleet: Fleet, folder: string): AbortSignal {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
    void fleet.endAll();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('exit', () => {
    fleet.killAll();
    removeBaseTree(root, baseIn(folder));
    rmSync(folder, { recursive: true, force: true });
  });
  return stop.signal;
}
