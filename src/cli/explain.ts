import { warningText } from './check.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-codes.ts';
import { explain, explanationLines } from './explanation.ts';
import { compiledTable, loadRoutes } from './load-routes.ts';
import { settingsOrExit } from './load-settings.ts';
import { readAsked } from './request.ts';

export const run: RunCommand = async (call, terminal) => {
  const settings = settingsOrExit(call, terminal);
  const [method, url] = call.words;
  const asked = readAsked(method, url, call.flags.get('header'));
  if (!asked.ok) terminal.err(`komainu: ${asked.problem}`);
  if (typeof settings === 'number') return settings;
  if (!asked.ok) return asked.refused ? exitCode.refused : exitCode.usage;
  const loaded = await loadRoutes(settings);
  for (const warning of loaded.warnings) terminal.err(`komainu: ${warningText(warning)}`);
  const { head } = asked;
  const found = compiledTable(loaded).find(
    head.authority,
    head.hostStart,
    head.hostEnd,
    head.target,
    head.targetStart,
    head.pathEnd,
  );
  const explanation = explain(asked, found, loaded.rules, loaded);
  const json = call.flags.has('json');
  terminal.out(json ? JSON.stringify(explanation, null, 2) : explanationLines(explanation).join('\n'));
  return explanation.taken === null ? exitCode.refused : exitCode.done;
};
