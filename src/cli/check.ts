import { oneLine } from '../model/quoted.ts';
import { type Refusal, refText } from '../model/refusal.ts';
import { originText, problemText, type SettingsProblem } from '../settings/given.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-codes.ts';
import { type LoadedRoutes, loadRoutes } from './load-routes.ts';
import { loadSettings } from './load-settings.ts';

/** What `--json` prints. */
interface CheckReport {
  readonly settings: readonly { readonly where: string; readonly message: string }[];
  readonly refusals: readonly Refusal[];
  readonly folder?: string;
  readonly rules?: number;
  readonly backends?: number;
}

export const run: RunCommand = async (call, terminal) => {
  const result = loadSettings(call, terminal);
  const json = call.flags.has('json');
  if (!result.ok) {
    const report = { settings: result.problems.map(settingsRow), refusals: [] };
    terminal.out(json ? jsonText(report) : result.problems.map(problemText).join('\n'));
    return result.misused ? exitCode.usage : exitCode.unusable;
  }
  if (result.settings.kubernetes) {
    terminal.out(json ? jsonText({ settings: [], refusals: [] }) : CLUSTER_TEXT);
    return exitCode.done;
  }
  const loaded = await loadRoutes(result.settings);
  terminal.out(json ? jsonText(reportOf(loaded)) : textOf(loaded).join('\n'));
  return loaded.refusals.length > 0 ? exitCode.refused : exitCode.done;
};

/** Its objects change all the time, and what is refused of them the running process says. */
const CLUSTER_TEXT = 'settings: no problems; the source is a cluster, see /api/refusals of the process that serves it';

const jsonText = (report: CheckReport): string => JSON.stringify(report, null, 2);

const settingsRow = (problem: SettingsProblem) => ({ where: originText(problem), message: problem.message });

const reportOf = ({ folder, rules, backends, refusals }: LoadedRoutes): CheckReport => ({
  settings: [],
  refusals,
  folder,
  rules: rules.length,
  backends: backends.length,
});

/** `web.yaml: Ingress shop/web: spec.rules[0]: must be … (ObjectInvalid)` */
export const refusalText = (refusal: Refusal): string =>
  oneLine(
    [
      refusal.file,
      refusal.object === null ? '' : refText(refusal.object),
      refusal.message.startsWith(refusal.field) ? '' : refusal.field, // many sentences begin with it
      `${refusal.message} (${refusal.reason})`,
    ]
      .filter((part) => part !== '')
      .join(': '),
  );

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

function textOf({ folder, rules, backends, refusals }: LoadedRoutes): string[] {
  const found = refusals.length === 0 ? 'no problems' : counted(refusals.length, 'refusal');
  const served = `${counted(rules.length, 'rule')}, ${counted(backends.length, 'backend')}`;
  return [...refusals.map(refusalText), `${folder}: ${found}; ${served}`];
}
