import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Fleet } from './fleet.ts';

const run = promisify(execFile);

/**
 * Checks `revision` out into `folder`, which must not exist, and answers with the short name of its commit. Packages are
 * those of `root` where both locks are the same; otherwise they are installed. Throws when git does not know the revision.
 */
export async function addBaseTree(root: string, revision: string, folder: string, fleet: Fleet): Promise<string> {
  const commit = await commitOf(root, revision);
  await run('git', ['worktree', 'add', '--detach', folder, commit], { cwd: root });
  if (lockOf(folder) === lockOf(root)) symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  else await install(fleet, folder);
  return commit.slice(0, 7);
}

/** At once: for the exit handler. The folder goes, and git forgets it. */
export function removeBaseTree(root: string, folder: string): void {
  if (!existsSync(folder)) return;
  rmSync(folder, { recursive: true, force: true });
  execFileSync('git', ['worktree', 'prune'], { cwd: root, stdio: 'ignore' });
}

async function commitOf(root: string, revision: string): Promise<string> {
  const words = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  try {
    const { stdout } = await run('git', words, { cwd: root });
    return stdout.trim();
  } catch {
    throw new Error(`--against: git knows no revision "${revision}" here`);
  }
}

/** In the fleet, so that a stopped run does not leave it behind. */
async function install(fleet: Fleet, folder: string): Promise<void> {
  const words = ['npm', '--prefix', folder, 'ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const running = fleet.start('npm ci of the base', words);
  const how = await running.ended;
  if (how !== 'ended with 0') throw new Error(`${running.name} ${how}; it wrote:\n${running.said}`);
}

function lockOf(folder: string): string {
  return readFileSync(join(folder, 'package-lock.json'), 'utf8');
}
