import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Emits dist/ again when it is missing or older than what it is made of. Throws when that fails. */
export function ensureBuilt(root: string): void {
  const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const made = ['bin/build.mjs', 'tsconfig.json', 'tsconfig.build.json'].map((name) => join(root, name));
  if (!isStale([...sources, ...made].map(changedMs), changedMs(join(root, 'dist/cli/main.js')))) return;
  const { status } = spawnSync(process.execPath, ['bin/build.mjs'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('the build failed');
}

/** Times in milliseconds; 0 for a file that does not exist. */
export function isStale(sources: readonly number[], built: number): boolean {
  return built === 0 || sources.some((changed) => changed > built);
}

function changedMs(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
