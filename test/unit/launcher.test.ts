import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import {
  isAccident,
  isNewEnough,
  Launcher,
  type LauncherOptions,
  programIn,
  runsOn,
  runtimesFor,
} from '../../bin/launch.mjs';

/** A launcher whose children and clock are moved by hand. */
function scripted(options: { restarts?: boolean; runtimes?: string[]; broken?: string[] } = {}) {
  const children: { runtime: string; kills: string[]; events: EventEmitter }[] = [];
  const said: string[] = [];
  const waits: number[] = [];
  let now = 0;
  let due: (() => void) | undefined;
  const launcherOptions: LauncherOptions = {
    runtimes: options.runtimes ?? ['node'],
    args: ['main.js', 'serve'],
    restarts: options.restarts ?? true,
    spawn(runtime) {
      const kills: string[] = [];
      const broken = options.broken?.includes(runtime) ?? false;
      const events = Object.assign(new EventEmitter(), {
        pid: broken ? undefined : 1 + children.length,
        kill: (name?: unknown) => kills.push(String(name)) > 0,
      });
      children.push({ runtime, kills, events });
      if (broken) queueMicrotask(() => events.emit('error', new Error('spawn ENOENT')));
      return events as never;
    },
    after(ms, run) {
      waits.push(ms);
      due = run;
      return {
        cancel() {
          due = undefined;
        },
      };
    },
    now: () => now,
    say: (line) => said.push(line),
  };
  const launcher = new Launcher(launcherOptions);
  const code = launcher.run();
  return {
    launcher,
    code,
    children,
    said,
    waits,
    ends(exitCode: number | null, signal: string | null = null, afterMs = 0) {
      now += afterMs;
      children.at(-1)?.events.emit('exit', exitCode, signal);
    },
    delayPasses() {
      const run = due;
      due = undefined;
      run?.();
    },
  };
}

test.each([0, 1, 64, 69, 78])('code %i is passed on and nothing is started again', async (exitCode) => {
  const run = scripted();
  run.ends(exitCode);
  expect(await run.code).toBe(exitCode);
  expect(run.children).toHaveLength(1);
});

test.each([
  [70, null],
  [134, null],
  [null, 'SIGSEGV'],
  [null, 'SIGKILL'],
])('after code %s, signal %s the process is started again, with a line that says so', async (exitCode, signal) => {
  const run = scripted();
  run.ends(exitCode, signal);
  expect(run.said).toEqual([expect.stringMatching(/the serving process .*; starting it again in 100 ms/)]);
  run.delayPasses();
  expect(run.children).toHaveLength(2);
  run.ends(0);
  expect(await run.code).toBe(0);
});

test('the delay doubles from 100 ms to 10 s, and starts again after 10 s of health', () => {
  const run = scripted();
  for (let death = 0; death < 9; death++) {
    run.ends(70);
    run.delayPasses();
  }
  expect(run.waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  run.ends(70, null, 10_000);
  expect(run.waits.at(-1)).toBe(100);
});

test('a command that ends by itself is never started again', async () => {
  const run = scripted({ restarts: false });
  run.ends(null, 'SIGSEGV');
  expect(await run.code).toBe(139);
});

test('signals are forwarded, and what they end stays ended', async () => {
  const run = scripted();
  run.launcher.signal('SIGTERM');
  run.launcher.signal('SIGTERM');
  expect(run.children[0].kills).toEqual(['SIGTERM', 'SIGTERM']);
  run.ends(null, 'SIGSEGV');
  expect(await run.code).toBe(139);
  expect(run.children).toHaveLength(1);
});

test('a death by a forwarded SIGHUP is no accident, a later one by another signal is', async () => {
  const died = scripted();
  died.launcher.signal('SIGHUP');
  died.ends(null, 'SIGHUP');
  expect(await died.code).toBe(129);
  const lived = scripted();
  lived.launcher.signal('SIGHUP');
  lived.ends(null, 'SIGABRT');
  lived.delayPasses();
  expect(lived.children).toHaveLength(2);
});

test('a stop while it waits to start again ends at once, with the code of the last death', async () => {
  const run = scripted();
  run.ends(70);
  run.launcher.signal('SIGINT');
  expect(await run.code).toBe(70);
  run.delayPasses();
  expect(run.children).toHaveLength(1);
});

test('SIGHUP while it waits changes nothing', () => {
  const run = scripted();
  run.ends(70);
  run.launcher.signal('SIGHUP');
  run.delayPasses();
  expect(run.children).toHaveLength(2);
});

test('a runtime that cannot be started gives way to the next', async () => {
  const run = scripted({ runtimes: ['pinned', 'own'], broken: ['pinned'] });
  await Promise.resolve();
  expect(run.children.map((child) => child.runtime)).toEqual(['pinned', 'own']);
  run.ends(0);
  expect(await run.code).toBe(0);
});

test('no runtime that starts is said, with exit code 78', async () => {
  const run = scripted({ runtimes: ['pinned'], broken: ['pinned'] });
  expect(await run.code).toBe(78);
  expect(run.said).toEqual(['komainu: cannot start pinned: spawn ENOENT']);
});

test('an error that is no failed start, such as a late signal, is not an end', async () => {
  const run = scripted();
  run.children[0].events.emit('error', new Error('kill ESRCH'));
  run.children[0].events.emit('error', new Error('kill ESRCH'));
  run.ends(0);
  expect(await run.code).toBe(0);
});

test('the runtime must be 22.19 or later', () => {
  expect(['18.20.1', '20.20.2', '22.18.9', '22.19.0', '22.23.3', '24.0.0'].map(isNewEnough)).toEqual([
    false,
    false,
    false,
    true,
    true,
    true,
  ]);
});

test('the pinned runtime comes first, an old own one never', () => {
  expect(runtimesFor('/pin/node', '/usr/bin/node', '20.1.0')).toEqual(['/pin/node']);
  expect(runtimesFor('/pin/node', '/usr/bin/node', '24.1.0')).toEqual(['/pin/node', '/usr/bin/node']);
  expect(runtimesFor('/pin/node', '/pin/node', '22.23.3')).toEqual(['/pin/node']);
  expect(runtimesFor(undefined, '/usr/bin/node', '22.19.0')).toEqual(['/usr/bin/node']);
  expect(runtimesFor(undefined, '/usr/bin/node', '20.1.0')).toEqual([]);
});

test('the built program is preferred to the sources', () => {
  expect(programIn('/k', () => true)).toEqual(['/k/dist/cli/main.js']);
  expect(programIn('/k', () => false)).toEqual(['--disable-warning=ExperimentalWarning', '/k/src/cli/main.ts']);
});

test('only serve and proxy run on', () => {
  expect([['serve'], ['proxy', '--to', 'x'], ['check'], ['--version'], []].map(runsOn)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('an accident is a strange signal, 70, or what a shell reports as a signal', () => {
  expect(isAccident(null, 'SIGTERM', new Set())).toBe(true);
  expect(isAccident(null, 'SIGTERM', new Set(['SIGTERM']))).toBe(false);
  expect([0, 1, 64, 69, 70, 78, 127, 128, 134].filter((code) => isAccident(code, null, new Set()))).toEqual([
    70, 128, 134,
  ]);
});
