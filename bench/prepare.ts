import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBaseTree } from './base-tree.ts';
import { ensureBuilt } from './build.ts';
import type { EmittedProgram, Programs } from './contest.ts';
import type { Job } from './job.ts';
import { findProgram, versionOf } from './programs.ts';

/** Finds, checks out and builds all that the run needs. Throws an Error that says what is missing and what for. */
export async function prepare(job: Job): Promise<Programs> {
  const { options, root, tell } = job;
  const nginx = needed('nginx', 'it is the backend too');
  const haproxy = findProgram('haproxy');
  if (options.parts.includes('haproxy') && haproxy === undefined) tell('haproxy is not installed: left out');
  if (options.parts.includes('komainu')) ensureBuilt(root);
  return {
    wrk: needed('wrk', 'it makes the load'),
    nginx: { program: nginx, version: versionOf(nginx) },
    haproxy: haproxy === undefined ? undefined : { program: haproxy, version: versionOf(haproxy) },
    komainu: { root, version: packageVersion(root) },
    base: options.against === undefined ? undefined : await prepareBase(job, options.against),
  };
}

async function prepareBase({ root, fleet, baseFolder, tell }: Job, against: string): Promise<EmittedProgram> {
  const revision = await addBaseTree(root, against, baseFolder, fleet);
  tell(`base is ${against}, ${revision}`);
  ensureBuilt(baseFolder);
  return { root: baseFolder, version: `${packageVersion(baseFolder)} ${revision}` };
}

function packageVersion(folder: string): string {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
}

function needed(name: string, why: string): string {
  const program = findProgram(name);
  if (program === undefined) throw new Error(`${name} is not installed, and ${why}`);
  return program;
}
