import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Serve } from '../support/origin.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { waitUntil } from '../support/wait-until.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(2, { args: ['--body-timeout-ms', '500'] });
});
afterAll(() => stage[Symbol.asyncDispose]());

/** Switches, ends its side when told to, and otherwise says nothing and leaves its side open. */
const silent =
  (ends: boolean): Serve =>
  async ({ stream, socket }) => {
    await stream.head();
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n');
    if (ends) socket.end();
    await stream.closed();
  };

const open = async (ends: boolean) => {
  const scene = stage.take(silent(ends));
  const client = await scene.connect();
  const lines = ['GET /chat HTTP/1.1', `Host: ${scene.host}`, 'Connection: Upgrade', 'Upgrade: chat'];
  expect(await client.ask(lines)).toMatchObject({ status: 101 });
  return { client, scene };
};

const tunnelsGone = () =>
  stage.komainu.until('no exchange is left', async () => {
    return (await stage.komainu.metrics()).get('komainu_requests_active') === 0;
  });

test('a tunnel whose client has ended is closed when its endpoint says nothing more', async () => {
  const { client, scene } = await open(false);
  client.end();
  await client.closed();
  await tunnelsGone();
  await waitUntil('the origin connection is closed', () => scene.origin.openConnections === 0);
  client[Symbol.dispose]();
});

test('a tunnel whose endpoint has ended is closed when its client says nothing more', async () => {
  const { client } = await open(true);
  await client.closed();
  await tunnelsGone();
  client[Symbol.dispose]();
});
