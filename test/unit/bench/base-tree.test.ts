import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addBaseTree, removeBaseTree } from '../../../bench/base-tree.ts';
import { Fleet } from '../../../bench/fleet.ts';
import { findProgram } from '../../../bench/programs.ts';

const skips = findProgram('git') === undefined && process.env.CI !== 'true';
const why = skips ? ' (skipped: git is not installed)' : '';

let place: string;
let root: string;
let base: string;

const git = (...words: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t.test', ...words], { cwd: root, encoding: 'utf8' });

function commit(word: string): void {
  writeFileSync(join(root, 'word'), word);
  git('add', '.');
  git('commit', '-qm', word);
}

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'komainu-bench-test-'));
  root = join(place, 'root');
  base = join(place, 'base');
  mkdirSync(root);
  if (skips) return;
  git('init', '-q');
  writeFileSync(join(root, '.gitignore'), 'node_modules\n');
  writeFileSync(join(root, 'package-lock.json'), '{}');
  mkdirSync(join(root, 'node_modules'));
  writeFileSync(join(root, 'node_modules/kept'), '');
  commit('old');
  commit('new');
});

afterEach(() => rmSync(place, { recursive: true, force: true }));

test.skipIf(skips)(
  `the base is the other revision's files with the packages of this one, and leaves nothing${why}`,
  async () => {
    const revision = await addBaseTree(root, 'HEAD~1', base, new Fleet());
    expect(git('rev-parse', 'HEAD~1')).toContain(revision);
    expect(readFileSync(join(base, 'word'), 'utf8')).toBe('old');
    expect(existsSync(join(base, 'node_modules/kept'))).toBe(true);
    removeBaseTree(root, base);
    expect(existsSync(base)).toBe(false);
    expect(existsSync(join(root, 'node_modules/kept'))).toBe(true);
    expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1);
  },
);

test.skipIf(skips)(`an unknown revision is said before anything is made${why}`, async () => {
  await expect(addBaseTree(root, 'no-such', base, new Fleet())).rejects.toThrow('knows no revision "no-such"');
  expect(existsSync(base)).toBe(false);
});

test('what was never added is no problem to remove', () => {
  expect(() => removeBaseTree(root, base)).not.toThrow();
});
