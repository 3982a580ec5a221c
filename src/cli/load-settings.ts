import { readdirSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { problemText } from '../settings/given.ts';
import { thisMachine } from '../settings/machine.ts';
import { readSettings, type Settings, type SettingsResult } from '../settings.ts';
import type { Call, Terminal } from './command.ts';
import { exitCode } from './exit-codes.ts';

const FILE_LIMIT_BYTES = 1_048_576;

function readText(file: string): string {
  const size = statSync(file).size;
  if (size > FILE_LIMIT_BYTES)
    throw new Error(`${size} bytes are more than a settings file may have (${FILE_LIMIT_BYTES})`);
  return readFileSync(file, 'utf8');
}

function isFolder(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    return false;
  }
}

/** The settings of this call, its variables and its file. */
export const loadSettings = (call: Call, terminal: Terminal): SettingsResult =>
  readSettings({
    flags: call.settings,
    environment: terminal.environment,
    machine: thisMachine(),
    directory: terminal.directory,
    isFolder,
    readText: (file) => readText(resolve(terminal.directory, file)),
  });

/** Settings, or the exit code after saying everything that is wrong with them. */
export function settingsOrExit(call: Call, terminal: Terminal): Settings | number {
  const result = loadSettings(call, terminal);
  if (result.ok) return result.settings;
  for (const problem of result.problems) terminal.err(`komainu: ${problemText(problem)}`);
  return result.misused ? exitCode.usage : exitCode.unusable;
}
