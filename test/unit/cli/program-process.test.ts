import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEchoBackend } from '../../../src/cli/echo-backend.ts';
import { type Komainu, type KomainuOptions, runKomainu } from '../../support/start-komainu.ts';

/** The program in a process of its own, on ports that the kernel chose. */
const start = (words: readonly string[], options: KomainuOptions = {}): Komainu =>
  runKomainu(words, options, mkdtempSync(join(tmpdir(), 'komainu-program-')));

const anyPorts = ['--http-port', '0', '--admin-port', '0', '--shards', '1', '--pre-stop-ms', '0'];

test('exit codes and sentences leave the process', async () => {
  await using wrong = start(['serve', '--shards', 'many']);
  expect(await wrong.ended).toEqual({ code: 64, signal: null });
  expect(wrong.lines).toEqual(['komainu: --shards: must be a whole number from 1 to 256, not "many"']);
});

test('a proxy in one line forwards what its --from takes', async () => {
  const echo = await startEchoBackend(0);
  try {
    await using komainu = start([
      'proxy',
      '--to',
      `http://localhost:${echo.port}`,
      '--from',
      'localhost/api',
      ...anyPorts,
    ]);
    await komainu.serving();
    const url = `http://localhost:${komainu.port()}`;
    const taken = await fetch(`${url}/api/x`, { method: 'POST', body: 'hello' });
    expect([taken.status, await taken.json()]).toEqual([200, expect.objectContaining({ url: '/api/x', bodyBytes: 5 })]);
    expect((await fetch(`${url}/apix`)).status).toBe(404);
  } finally {
    await echo.close();
  }
});

test('the program stops in order when its launcher is killed', async () => {
  await using komainu = start(['proxy', '--to', 'http://127.0.0.1:9', ...anyPorts], { launcher: true });
  await komainu.serving();
  komainu.signal('SIGKILL');
  // `ended` waits for the streams, and the serving process holds them until its own end.
  expect(await komainu.ended).toEqual({ code: null, signal: 'SIGKILL' });
  expect(komainu.event('stopping')).toMatchObject({ signal: 'SIGTERM' });
});

test('a program that is killed under its launcher serves again', async () => {
  await using komainu = start(['proxy', '--to', 'http://127.0.0.1:9', ...anyPorts], { launcher: true });
  await komainu.serving();
  process.kill(komainu.log[0].pid as number, 'SIGKILL');
  await komainu.until('it serves again', () => komainu.events('serving').length === 2);
  expect(komainu.lines).toContainEqual(expect.stringMatching(/was ended by SIGKILL; starting it again in 100 ms$/));
  komainu.signal('SIGTERM');
  expect(await komainu.ended).toEqual({ code: 0, signal: null });
});
