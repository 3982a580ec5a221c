import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { LatencyResult } from './latency.ts';
import { latencyErrors, renderLatency } from './latency-table.ts';
import type { Machine } from './machine.ts';
import type { MemoryMeasured } from './memory.ts';
import { renderMemory } from './memory-table.ts';
import type { Options } from './options.ts';
import type { Scenario } from './scenarios.ts';
import type { Measured, Summary } from './summary.ts';
import { renderReadmePart, renderScenario } from './table.ts';

/** What a run leaves behind: everything that the table was made of. */
export interface Result {
  /** UTC, when the run began, with dashes for colons: the name of its file. */
  readonly time: string;
  readonly machine: Machine;
  readonly options: Options;
  readonly scenarios: readonly ScenarioResult[];
  readonly latency: LatencyResult | undefined;
  readonly memory: readonly MemoryMeasured[] | undefined;
}

export interface ScenarioResult {
  readonly scenario: Scenario;
  /** Forwarded headers that the backend got through each proxy. */
  readonly forwarded: Readonly<Record<string, readonly string[]>>;
  readonly proxies: readonly (Measured & { readonly summary: Summary })[];
}

/** Did every request get its answer? */
export function isClean({ scenarios, latency, memory = [] }: Result): boolean {
  if (memory.some(({ lost }) => lost > 0)) return false;
  if (latency !== undefined && latencyErrors(latency) > 0) return false;
  return scenarios.every(({ proxies }) => proxies.every(({ summary }) => summary.errors === 0));
}

/** All that is printed on stdout. */
export function renderReport(result: Result): string {
  const sections = result.scenarios.map(({ scenario, proxies }) =>
    renderScenario(
      scenario,
      proxies.map(({ summary }) => summary),
    ),
  );
  if (result.latency !== undefined) sections.push(renderLatency(result.latency));
  if (result.memory !== undefined) sections.push(renderMemory(result.memory));
  const caption = captionOf(result);
  const text = result.options.markdown ? renderReadmePart(caption, sections) : [caption, ...sections].join('\n\n');
  return `${text}\n`;
}

/** One line under which the table can be judged and made again. */
function captionOf(result: Result): string {
  const { machine, options } = result;
  const shape = `rounds: ${options.rounds} of ${options.seconds} s, ${options.connections} connections`;
  const workers = options.shards === 1 ? 'one shard or worker each' : `${options.shards} shards or workers each`;
  const where = `${machine.cores} × ${machine.processor}, ${machine.system}, Node ${machine.node}`;
  return `\`npm run bench\`, ${result.time.slice(0, 10)}: ${shape}, ${workers}; ${where}.`;
}

/** Writes bench/results/TIME.json and, where one is named, a file beside it. Returns the paths. */
export function writeResult(result: Result, folder: string): string[] {
  const own = join(folder, `${result.time}.json`);
  const files = [own, ...(result.options.jsonFile === undefined ? [] : [resolve(result.options.jsonFile)])];
  for (const file of files) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  }
  return files;
}
