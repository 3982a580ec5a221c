import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ProgramName } from '../binaries/build.ts';

/** Where a program is; undefined where `KUBEBUILDER_ASSETS` has none: its tests are skipped. */
export function findProgram(name: ProgramName): string | undefined {
  const folder = process.env.KOMAINU_CLUSTER_PROGRAMS;
  if (folder === undefined) throw new Error('start these tests by `npm run test:cluster`');
  const file = join(folder, name);
  return existsSync(file) ? file : undefined;
}

export function programPath(name: ProgramName): string {
  const file = findProgram(name);
  if (file === undefined) throw new Error(`there is no ${name} in ${process.env.KOMAINU_CLUSTER_PROGRAMS}`);
  return file;
}
