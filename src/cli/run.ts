import { StartupError } from '../base/startup-error.ts';
import { oneLine } from '../model/quoted.ts';
import { buildVersion } from '../observe/build-info.ts';
import type { Command, Terminal } from './command.ts';
import { readCommandLine } from './command-line.ts';
import { commands } from './commands.ts';
import { exitCode } from './exit-codes.ts';
import { commandHelp, generalHelp } from './help.ts';

/** A command line, from words to exit code. */
export async function runCommandLine(words: readonly string[], terminal: Terminal): Promise<number> {
  const reading = readCommandLine(words, commands);
  switch (reading.kind) {
    case 'version':
      terminal.out(buildVersion());
      return exitCode.done;
    case 'help':
      terminal.out(reading.command ? commandHelp(reading.command) : generalHelp(commands));
      return exitCode.done;
    case 'usage':
      return usage(reading.problems, reading.command, terminal);
    case 'call': {
      const { run } = await reading.command.load();
      return await run(reading.call, terminal).catch((error) => notStarted(error, terminal));
    }
  }
}

/** Nothing to start with, such as a folder that is gone: a sentence for a person. All else is an error of ours. */
function notStarted(error: unknown, terminal: Terminal): number {
  if (!(error instanceof StartupError)) throw error;
  terminal.err(`komainu: ${error.message}`);
  return error.exitCode;
}

function usage(problems: readonly string[], command: Command | undefined, terminal: Terminal): number {
  for (const problem of problems) terminal.err(`komainu: ${oneLine(problem)}`);
  terminal.err(`See komainu ${command ? `${command.name} ` : ''}--help`);
  return exitCode.usage;
}
