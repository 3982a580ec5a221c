import type { Terminal } from '../../src/cli/command.ts';
import { runCommandLine } from '../../src/cli/run.ts';

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process and keeps what it says. */
export async function runWords(words: readonly string[], said: Partial<Terminal> = {}): Promise<CommandResult> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommandLine(words, {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    environment: {},
    directory: '/',
    ...said,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
