import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { ask } from '../support/raw-client.ts';
import { startKomainu } from '../support/start-komainu.ts';

const broken = { 'broken.yaml': 'kind: [' };

async function occupied() {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { port: String(port), [Symbol.asyncDispose]: () => new Promise<void>((done) => server.close(() => done())) };
}

test('a folder of nothing but refusals gives an empty generation and a ready process', async () => {
  await using komainu = await startKomainu({ manifests: broken });
  expect(komainu.event('serving')).toMatchObject({ shards: 2, generation: 1 });
  expect(komainu.port()).toBeGreaterThan(0);
  const ready = await komainu.admin('/readyz?verbose');
  expect([ready.status, ready.bytes.toString()]).toEqual([
    200,
    '[+]routes ok\n[+]shards ok\n[+]heartbeat ok\n[+]stopping ok\nok\n',
  ]);
  expect(await komainu.api('routes')).toEqual({ generation: 1, routes: [] });
  expect((await komainu.api<{ refusals: unknown[] }>('refusals')).refusals).toMatchObject([{ file: 'broken.yaml' }]);
  expect(await komainu.api('shards')).toMatchObject({ shards: [{ state: 'serving' }, { state: 'serving' }] });
});

for (const [flag, own] of [
  ['--http-port', '--host'],
  ['--admin-port', '--admin-host'],
]) {
  test(`a busy port of ${flag} ends the start with one sentence and 69`, async () => {
    await using other = await occupied();
    const args = [flag, other.port, own, '127.0.0.1'];
    await using komainu = await startKomainu({ manifests: broken, args, waits: false });
    expect(await komainu.ended).toEqual({ code: 69, signal: null });
    expect(komainu.lines).toEqual([
      `komainu: Port ${other.port} on 127.0.0.1 is in use by another program: stop that one, or choose another port with ${flag}.`,
    ]);
  });
}

test('SIGTERM: not ready at once, still accepting for the pre-stop time, then an orderly end', async () => {
  await using komainu = await startKomainu({ manifests: broken, args: ['--pre-stop-ms', '1500'] });
  komainu.signal('SIGTERM');
  await komainu.until('not ready', async () => (await komainu.admin('/readyz')).status === 503);
  expect((await komainu.admin('/livez')).status).toBe(200);
  expect((await ask(komainu.port(), ['GET / HTTP/1.1', 'Host: a.test', 'Connection: close'])).status).toBe(404);
  expect(await komainu.ended).toEqual({ code: 0, signal: null });
});

test('a second SIGTERM ends the process at once', async () => {
  await using komainu = await startKomainu({ manifests: broken, args: ['--pre-stop-ms', '60000'] });
  komainu.signal('SIGTERM');
  await komainu.until('not ready', async () => (await komainu.admin('/readyz')).status === 503);
  await new Promise((resolve) => setTimeout(resolve, 100)); // sooner it counts as the same one, told twice
  komainu.signal('SIGTERM');
  expect(await komainu.ended).toEqual({ code: 143, signal: null });
});

test('SIGINT skips the pre-stop time', async () => {
  await using komainu = await startKomainu({ manifests: broken, args: ['--pre-stop-ms', '60000'] });
  komainu.signal('SIGINT');
  komainu.signal('SIGINT');
  expect(await komainu.ended).toEqual({ code: 0, signal: null });
});

test('a process that was suspended blames no shard for it', async () => {
  await using komainu = await startKomainu({ manifests: broken });
  komainu.signal('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 2_500)); // the time that passes is what this is about
  komainu.signal('SIGCONT');
  await komainu.until('ready', async () => (await komainu.admin('/readyz')).status === 200);
  const { shards } = await komainu.api<{ shards: { restarts: number }[] }>('shards');
  expect(shards.map((shard) => shard.restarts)).toEqual([0, 0]);
  expect(komainu.event('shard is stuck')).toBeUndefined();
});
