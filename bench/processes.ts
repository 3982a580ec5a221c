import { readdirSync, readFileSync } from 'node:fs';
import { type ProcessStat, parseProcessStat, parseResidentKib, treeOf } from './process-stat.ts';

/** The live process tree below `pid`, itself first; empty when it is gone. */
export function readTree(pid: number): ProcessStat[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const stats = pids.flatMap((name) => {
    const line = readProcess(name, 'stat');
    return line === undefined ? [] : [parseProcessStat(line)];
  });
  return treeOf(pid, stats);
}

/** Resident memory of each process of a tree; pages that two of them share count twice. */
export function residentKibOf(tree: readonly ProcessStat[]): number[] {
  return tree.map((stat) => parseResidentKib(readProcess(String(stat.pid), 'status') ?? ''));
}

/** Arguments of each process of a tree, joined by spaces. */
export function commandsOf(tree: readonly ProcessStat[]): string[] {
  return tree.map((stat) => (readProcess(String(stat.pid), 'cmdline') ?? '').replaceAll('\0', ' ').trim());
}

/** Does this very process, not a later one with its number, still run? */
export function isAlive(stat: ProcessStat): boolean {
  const line = readProcess(String(stat.pid), 'stat');
  if (line === undefined) return false;
  const now = parseProcessStat(line);
  return now.startTicks === stat.startTicks && !now.isZombie;
}

function readProcess(pid: string, file: 'stat' | 'status' | 'cmdline'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined; // it ended between the listing and the read
  }
}
