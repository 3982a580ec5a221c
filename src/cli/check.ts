import { StartupError } from '../base/startup-error.ts';
import { oneLine } from '../model/quoted.ts';
import { type Refusal, refText } from '../model/refusal.ts';
import { originText, problemText, type SettingsProblem } from '../settings/given.ts';
import type { RunCommand, Terminal } from './command.ts';
import { exitCode } from './exit-codes.ts';
import { type LoadedRoutes, loadRoutes } from './load-routes.ts';
import { loadSettings } from './load-settings.ts';

/** What `--json` prints. */
interface CheckReport {
  readonly settings: readonly { readonly where: string; readonly message: string }[];
  readonly refusals: readonly Refusal[];
  readonly folder?: string;
  readonly cluster?: string;
  readonly warnings?: readonly string[];
  /** Why there is no more to say. */
  readonly unread?: string;
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
  const loaded = await loadRoutes(result.settings).catch((error) => unread(error, json, terminal));
  if (typeof loaded === 'number') return loaded;
  terminal.out(json ? jsonText(reportOf(loaded)) : textOf(loaded).join('\n'));
  return loaded.refusals.length > 0 ? exitCode.refused : exitCode.done;
};

/** The settings are in order, and what they name cannot be read. */
function unread(error: unknown, json: boolean, terminal: Terminal): number {
  if (!(error instanceof StartupError)) throw error;
  terminal.out(json ? jsonText({ settings: [], refusals: [], unread: error.message }) : 'settings: no problems');
  terminal.err(`komainu: ${error.message}`);
  return error.exitCode;
}

const jsonText = (report: CheckReport): string => JSON.stringify(report, null, 2);

const settingsRow = (problem: SettingsProblem) => ({ where: originText(problem), message: problem.message });

const reportOf = ({ source, rules, backends, refusals, warnings }: LoadedRoutes): CheckReport => ({
  settings: [],
  refusals,
  ...source,
  ...(warnings.length > 0 && { warnings }),
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

/** Others may have written it, so nothing of it acts on a terminal. */
export const warningText = (warning: string): string => oneLine(`warning: ${warning}`);

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

function textOf({ source, rules, backends, refusals, warnings }: LoadedRoutes): string[] {
  const found = refusals.length === 0 ? 'no problems' : counted(refusals.length, 'refusal');
  const served = `${counted(rules.length, 'rule')}, ${counted(backends.length, 'backend')}`;
  const place = 'folder' in source ? source.folder : source.cluster;
  return [...warnings.map(warningText), ...refusals.map(refusalText), `${place}: ${found}; ${served}`];
}
