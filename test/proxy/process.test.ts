import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { everything } from '../support/manifests.ts';
import { http, type Origin, startOrigin } from '../support/origin.ts';
import { get, RawClient } from '../support/raw-client.ts';
import { type Komainu, runKomainu, startKomainu } from '../support/start-komainu.ts';

let origin: Origin;
beforeAll(async () => {
  origin = await startOrigin();
});
afterAll(() => origin.close());

const accepts = async (port: number): Promise<boolean> => {
  try {
    using _ = await RawClient.connect(port);
    return true;
  } catch {
    return false;
  }
};

/** A request that the origin holds until `release`. */
async function heldRequest(komainu: Komainu, gated: { waiting: number }): Promise<RawClient> {
  const client = await RawClient.connect(komainu.port());
  client.say(['GET /held HTTP/1.1', 'Host: a.test']);
  await komainu.until('the request is at the origin', () => gated.waiting > 0);
  return client;
}

async function startGatedOrigin(): Promise<{ origin: Origin; gated: { waiting: number }; release: () => void }> {
  const gate = Promise.withResolvers<void>();
  const gated = { waiting: 0 };
  const held = await startOrigin(
    http(async (_, reply) => {
      gated.waiting++;
      await gate.promise;
      reply.send(200, 'finished');
    }),
  );
  return { origin: held, gated, release: () => gate.resolve() };
}

test('serving is said once, with the ports that were chosen, and requests are answered', async () => {
  await using komainu = await startKomainu({ manifests: everything(origin.port) });
  expect(komainu.events('serving')).toHaveLength(1);
  expect(komainu.port('http')).toBeGreaterThan(0);
  expect((await get(komainu.port(), 'a.test')).status).toBe(200);
});

test('the launcher serves too, and passes on SIGTERM and the exit code', async () => {
  await using komainu = await startKomainu({ manifests: everything(origin.port), launcher: true });
  expect((await get(komainu.port(), 'a.test')).status).toBe(200);
  expect(await komainu.stop()).toEqual({ code: 0, signal: null });
});

test.each(['--http-port', '--admin-port'])('a busy %s gets one clear sentence and code 69', async (flag) => {
  const busy = createServer();
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
  const { port } = busy.address() as { port: number };
  try {
    await using komainu = await startKomainu({ args: ['--host', '127.0.0.1', flag, String(port)], waits: false });
    expect((await komainu.ended).code).toBe(69);
    const sentences = komainu.lines.filter((line) => line.includes(String(port)));
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toContain('in use');
    expect(sentences[0]).toContain(flag);
  } finally {
    busy.close();
  }
});

test('a second program on the same port is told so, although the shards share it; the first goes on', async () => {
  await using first = await startKomainu({ manifests: everything(origin.port) });
  await using second = await startKomainu({ args: ['--http-port', String(first.port())], waits: false });
  expect((await second.ended).code).toBe(69);
  expect(second.lines.join('\n')).toContain('in use');
  for (let i = 0; i < 20; i++) expect((await get(first.port(), 'a.test')).status).toBe(200);
});

test('a port that was said is the port that is served, by every shard', async () => {
  const port = await freePort();
  await using komainu = await startKomainu({
    manifests: everything(origin.port),
    args: ['--http-port', String(port)],
    shards: 3,
  });
  expect(komainu.port()).toBe(port);
  for (let i = 0; i < 20; i++) expect((await get(port, 'a.test')).status).toBe(200);
});

test('SIGTERM: not ready at once, accepting until the pre-stop time is over, then refusing; code 0', async () => {
  await using komainu = await startKomainu({ manifests: everything(origin.port), args: ['--pre-stop-ms', '1500'] });
  expect((await komainu.admin('/readyz')).status).toBe(200);
  komainu.signal('SIGTERM');
  await komainu.until('it is not ready', async () => (await komainu.admin('/readyz')).status === 503);
  expect((await komainu.admin('/livez')).status).toBe(200);
  expect((await get(komainu.port(), 'a.test')).status).toBe(200);
  expect(await komainu.ended).toEqual({ code: 0, signal: null });
  expect(await accepts(komainu.port())).toBe(false);
});

test('SIGTERM: a request under way is finished, its connection then closed; new connections are refused', async () => {
  const { origin: held, gated, release } = await startGatedOrigin();
  await using _ = held;
  await using komainu = await startKomainu({ manifests: everything(held.port), args: ['--grace-ms', '20000'] });
  using client = await heldRequest(komainu, gated);
  komainu.signal('SIGTERM');
  await komainu.until('new connections are refused', async () => !(await accepts(komainu.port())));
  release();
  const answer = await client.answer();
  expect(answer).toMatchObject({ status: 200, text: 'finished' });
  expect(answer.header('Connection')).toBe('close');
  expect(await client.closed()).toBe('end');
  expect(await komainu.ended).toEqual({ code: 0, signal: null });
});

test('SIGTERM: idle connections are closed in order', async () => {
  await using komainu = await startKomainu({ manifests: everything(origin.port) });
  using client = await RawClient.connect(komainu.port());
  expect((await client.ask(['GET / HTTP/1.1', 'Host: a.test'])).status).toBe(200);
  komainu.signal('SIGTERM');
  expect(await client.closed()).toBe('end');
  expect((await komainu.ended).code).toBe(0);
});

test('SIGTERM: what is not finished within the grace period is cut; code 0', async () => {
  const { origin: held, gated } = await startGatedOrigin();
  await using _ = held;
  await using komainu = await startKomainu({ manifests: everything(held.port), args: ['--grace-ms', '300'] });
  using client = await heldRequest(komainu, gated);
  komainu.signal('SIGTERM');
  await client.closed();
  expect((await komainu.ended).code).toBe(0);
});

test('a second SIGTERM ends the process at once', async () => {
  const { origin: held, gated } = await startGatedOrigin();
  await using _ = held;
  await using komainu = await startKomainu({
    manifests: everything(held.port),
    args: ['--pre-stop-ms', '60000', '--grace-ms', '60000'],
  });
  using __ = await heldRequest(komainu, gated);
  komainu.signal('SIGTERM');
  await komainu.until('it is not ready', async () => (await komainu.admin('/readyz')).status === 503);
  // What arrives within 100 ms is taken for the same signal told twice, by a process group and by the launcher.
  await new Promise((resolve) => setTimeout(resolve, 250));
  const began = performance.now();
  komainu.signal('SIGTERM');
  await komainu.ended;
  expect(performance.now() - began).toBeLessThan(5_000);
});

test('SIGINT does not wait for the pre-stop time', async () => {
  await using komainu = await startKomainu({ manifests: everything(origin.port), args: ['--pre-stop-ms', '60000'] });
  const began = performance.now();
  komainu.signal('SIGINT');
  const { code } = await komainu.ended;
  expect(performance.now() - began).toBeLessThan(10_000);
  expect([0, 130]).toContain(code);
});

test('a folder that is not there: one sentence and code 78', async () => {
  const komainu = runKomainu(
    ['serve', '--http-port', '0', '--admin-port', '0', '--manifests', '/no/such/folder'],
    {},
    '',
  );
  expect((await komainu.ended).code).toBe(78);
  expect(komainu.lines.join('\n')).toContain('/no/such/folder');
});

test('a flag that does not exist: a sentence and code 64', async () => {
  const komainu = runKomainu(['serve', '--sharts', '2'], {}, '');
  expect((await komainu.ended).code).toBe(64);
  expect(komainu.lines.join('\n')).toContain('--shards');
});

test('every problem of the settings is told at once, with code 78', async () => {
  const komainu = runKomainu(['serve', '--shards', '0', '--http-port', 'x', '--grace-ms', '-1'], {}, '');
  const { code } = await komainu.ended;
  expect([64, 78]).toContain(code);
  for (const name of ['shards', 'http-port', 'grace-ms']) expect(komainu.lines.join('\n')).toContain(name);
});
