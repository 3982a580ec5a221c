import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** The real launcher in a project of its own, whose program is a script of the test. */
let root: string;
let children: ChildProcess[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'komainu-launcher-'));
  children = [];
  mkdirSync(join(root, 'dist', 'cli'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  cpSync(join(import.meta.dirname, '..', '..', 'bin'), join(root, 'bin'), { recursive: true });
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly line: () => Promise<string>;
  readonly exit: Promise<[number | null, string | null]>;
  readonly errors: () => string;
}

/** `program` may use `say(line)` and `file(name)`, a path beside it. */
function launch(program: string, ...words: string[]): Run {
  const head = `
    import { existsSync, writeFileSync } from 'node:fs';
    const say = (line) => process.stdout.write(line + '\\n');
    const file = (name) => ${JSON.stringify(root)} + '/' + name;
    const forever = () => setInterval(() => {}, 1000);
  `;
  writeFileSync(join(root, 'dist', 'cli', 'main.js'), head + program);
  const child = spawn(process.execPath, [join(root, 'bin', 'komainu.mjs'), ...words]);
  children.push(child);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    child,
    line: async () => String((await lines.next()).value),
    exit: once(child, 'exit') as Promise<[number | null, string | null]>,
    errors: () => errors,
  };
}

test('words, exit code and standard streams pass through', async () => {
  const run = launch(`say(process.argv.slice(2).join('|')); process.exitCode = 64;`, 'explain', 'GET', 'http://a/ b');
  expect(await run.line()).toBe('explain|GET|http://a/ b');
  expect(await run.exit).toEqual([64, null]);
});

test('SIGTERM, SIGINT and SIGHUP reach the program, and its exit code is passed on', async () => {
  const program = `for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM'])
    process.on(name, () => { say(name); if (name === 'SIGTERM') process.exit(7); });
    forever(); say('up');`;
  const run = launch(program, 'serve');
  expect(await run.line()).toBe('up');
  for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    run.child.kill(name);
    expect(await run.line()).toBe(name);
  }
  expect(await run.exit).toEqual([7, null]);
});

test('a program that aborts is started again', async () => {
  const program = `if (existsSync(file('died'))) { say('again'); process.exit(0); }
    writeFileSync(file('died'), ''); process.abort();`;
  const run = launch(program, 'serve');
  expect(await run.line()).toBe('again');
  expect(await run.exit).toEqual([0, null]);
  expect(run.errors()).toContain('komainu: the serving process was ended by SIGABRT; starting it again in 100 ms');
});

test('a program that was told to stop and dies of it stays dead', async () => {
  const run = launch(`forever(); say('up');`, 'serve');
  await run.line();
  run.child.kill('SIGTERM');
  expect(await run.exit).toEqual([143, null]);
});

test('when the launcher is killed the program sees its channel close', async () => {
  const program = `process.once('disconnect', () => { writeFileSync(file('left'), ''); process.exit(0); });
    process.channel.unref(); forever(); say('up');`;
  const run = launch(program, 'serve');
  await run.line();
  run.child.kill('SIGKILL');
  await run.exit;
  // Standard output closes when the last process that holds it has ended.
  await once(run.child, 'close');
  expect(existsSync(join(root, 'left'))).toBe(true);
});

test('the pinned runtime is used where it is installed, the own one where the pinned cannot be started', async () => {
  const home = join(root, 'node_modules', `node-${process.platform}-${process.arch}`);
  mkdirSync(join(home, 'bin'), { recursive: true });
  writeFileSync(join(home, 'package.json'), '{}');
  writeFileSync(join(home, 'bin', 'node'), '#!/no/such/interpreter\n', { mode: 0o755 });
  const broken = launch(`say('own');`, 'check');
  expect(await broken.line()).toBe('own');
  expect(await broken.exit).toEqual([0, null]);
  writeFileSync(join(home, 'bin', 'node'), '#!/bin/sh\necho pinned\n', { mode: 0o755 });
  expect(await launch(`say('own');`, 'check').line()).toBe('pinned');
});

test('the launcher itself is written for older runtimes: no import of the program, no TypeScript', () => {
  for (const name of ['komainu.mjs', 'launch.mjs']) {
    const imports = readFileSync(join(root, 'bin', name), 'utf8').match(/from '([^']+)'/g) ?? [];
    expect(imports.every((line) => /'(node:|\.\/launch\.mjs)/.test(line))).toBe(true);
  }
});
