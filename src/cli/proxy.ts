import { serve } from '../main.ts';
import type { Call, RunCommand } from './command.ts';
import { exitCode } from './exit-codes.ts';
import { stopWithLauncher } from './launcher-channel.ts';
import { settingsOrExit } from './load-settings.ts';
import { type FixedSnapshot, proxySnapshot, readFrom, readTarget } from './proxy-target.ts';

export const run: RunCommand = async (call, terminal) => {
  const read = readSnapshot(call);
  for (const problem of read.problems) terminal.err(`komainu: ${problem}`);
  const settings = settingsOrExit(call, terminal);
  if (read.snapshot === undefined) return exitCode.usage;
  if (typeof settings === 'number') return settings;
  stopWithLauncher();
  return serve(settings, { rules: read.snapshot });
};

interface SnapshotReading {
  readonly snapshot: FixedSnapshot | undefined;
  readonly problems: readonly string[];
}

/** All that is wrong with `--to` and `--from` at once. */
export function readSnapshot(call: Call): SnapshotReading {
  const targets = (call.flags.get('to') ?? []).map(readTarget);
  const [from] = (call.flags.get('from') ?? ['/']).map(readFrom);
  const problems = targets.flatMap((target) => (target.ok ? [] : [`--to ${target.problem}`]));
  if (targets.length === 0) problems.push('--to is missing: say where requests go, e.g. --to http://127.0.0.1:3000');
  if (!from.ok) problems.push(`--from ${from.problem}`);
  if (problems.length > 0 || !from.ok) return { snapshot: undefined, problems };
  const endpoints = targets.flatMap((target) => (target.ok ? [target.value] : []));
  return { snapshot: proxySnapshot(from.value, endpoints), problems };
}
