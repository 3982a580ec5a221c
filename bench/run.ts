import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from './build.ts';
import { type Contest, forwardedBy, type Programs, startContest } from './contest.ts';
import { Fleet } from './fleet.ts';
import type { Load } from './load.ts';
import { readMachine } from './machine.ts';
import { runMicro } from './micro.ts';
import { type Options, proxyNames, readOptions, usage } from './options.ts';
import { findProgram, versionOf } from './programs.ts';
import { captionOf, type Result, type ScenarioResult, writeResult } from './result.ts';
import { measureAll } from './rounds.ts';
import { scenarios } from './scenarios.ts';
import { betterPeer, summarise } from './summary.ts';
import { renderReadmePart, renderScenario } from './table.ts';

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
  const fleet = new Fleet();
  const folder = mkdtempSync(join(tmpdir(), 'komainu-bench-'));
  chmodSync(folder, 0o755); // nginx's workers, of another user when we are root, read from it
  const stop = stopOnSignal(fleet, folder);
  try {
    const isClean = await compete(options, fleet, folder, stop);
    await fleet.endAll(); // the micro benchmarks have the machine for themselves
    const output = options.markdown ? 2 : 1;
    if (options.parts.includes('micro')) await runMicro(join(import.meta.dirname, 'micro'), output, stop);
    return isClean ? 0 : 1;
  } catch (error) {
    tell(stop.aborted ? 'stopped' : (error as Error).message);
    return stop.aborted ? 130 : 1;
  } finally {
    await fleet.endAll();
  }
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
    rmSync(folder, { recursive: true, force: true });
  });
  return stop.signal;
}

/** Measures and reports the proxies. False when a request failed. */
async function compete(options: Options, fleet: Fleet, folder: string, signal: AbortSignal): Promise<boolean> {
  if (!proxyNames.some((name) => options.parts.includes(name))) return true;
  const machine = readMachine();
  const time = new Date().toISOString();
  const wrk = needed('wrk', 'it makes the load');
  const programs = findPrograms();
  if (options.parts.includes('haproxy') && programs.haproxy === undefined) tell('haproxy is not installed: left out');
  if (options.parts.includes('komainu')) ensureBuilt(root);
  const results: ScenarioResult[] = [];
  for (const scenario of scenarios.filter(({ name }) => options.scenarios.includes(name))) {
    const place = join(folder, scenario.name);
    const contest = await startContest(fleet, programs, options, scenario, place);
    const load = { program: wrk, connections: options.connections, scenario, folder: place, signal };
    results.push(await measureScenario(contest, load, options));
    await fleet.endPresent();
  }
  report({ time, machine, options, scenarios: results });
  return results.every(({ proxies }) => proxies.every(({ summary }) => summary.errors === 0));
}

async function measureScenario(contest: Contest, load: Load, options: Options): Promise<ScenarioResult> {
  const { scenario } = load;
  const forwarded: Record<string, string[]> = {};
  for (const contestant of contest.contestants) forwarded[contestant.name] = await forwardedBy(contestant);
  const measured = await measureAll(contest, load, options, (line) => tell(`${scenario.title}, ${line}`));
  const peer = betterPeer(measured);
  const proxies = measured.map((one) => ({ ...one, summary: summarise(one, peer) }));
  return { scenario, forwarded, proxies };
}

function findPrograms(): Programs {
  const nginx = needed('nginx', 'it is the backend too');
  const haproxy = findProgram('haproxy');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return {
    nginx: { program: nginx, version: versionOf(nginx) },
    haproxy: haproxy === undefined ? undefined : { program: haproxy, version: versionOf(haproxy) },
    komainu: { root, version },
  };
}

function needed(name: string, why: string): string {
  const program = findProgram(name);
  if (program === undefined) throw new Error(`${name} is not installed, and ${why}`);
  return program;
}

function report(result: Result): void {
  const sections = result.scenarios.map(({ scenario, proxies }) =>
    renderScenario(
      scenario,
      proxies.map(({ summary }) => summary),
    ),
  );
  const caption = captionOf(result);
  const text = result.options.markdown ? renderReadmePart(caption, sections) : [caption, ...sections].join('\n\n');
  process.stdout.write(`${text}\n`);
  for (const [name, headers] of Object.entries(result.scenarios[0]?.forwarded ?? {}))
    tell(`${name} sends ${headers.join(', ') || 'no forwarded headers'}`);
  for (const file of writeResult(result, join(import.meta.dirname, 'results'))) tell(`written: ${file}`);
}
