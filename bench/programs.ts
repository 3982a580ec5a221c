import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Daemons often live where the PATH of a person does not look. */
const systemFolders = ['/usr/sbin', '/usr/local/sbin'];

/** The full path of a program, or undefined where it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...systemFolders];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** The first x.y or x.y.z that the program writes for `-v`. */
export function versionOf(program: string): string {
  const { stdout, stderr } = spawnSync(program, ['-v'], { encoding: 'utf8' });
  return parseVersion(`${stdout}\n${stderr}`);
}

export function parseVersion(text: string): string {
  return /\b\d+\.\d+(\.\d+)?/.exec(text)?.[0] ?? 'unknown';
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
