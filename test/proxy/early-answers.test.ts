import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { http } from '../support/origin.ts';
import type { RawClient } from '../support/raw-client.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { waitUntil } from '../support/wait-until.ts';

const MIB = 1024 * 1024;

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(8);
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

function upload(client: RawClient, host: string, sizeBytes: number): void {
  client.socket.on('error', () => {});
  client.say(['POST / HTTP/1.1', `Host: ${host}`, `Content-Length: ${sizeBytes}`], Buffer.alloc(sizeBytes, 'x'));
}

test.each([
  ['ends its direction and then resets', 1],
  ['closes at once, so that a reset meets what is still sent', 0],
])('an endpoint that refuses a large upload early and %s is heard each time', async (_, afterMs) => {
  const scene = stage.take(async ({ stream, socket }) => {
    if ((await stream.head()) === undefined) return;
    socket.write('HTTP/1.1 413 Too Much\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig');
    socket.end();
    if (afterMs > 0) setTimeout(() => socket.destroy(), afterMs);
    else socket.destroySoon();
  });
  for (let i = 0; i < 40; i++) {
    using client = await scene.connect();
    upload(client, scene.host, 8 * MIB);
    expect(await client.answer('POST')).toMatchObject({ status: 413, text: 'big' });
  }
});

test('an endpoint that answers with an error and will close is sent no more of the body', async () => {
  let finish: (() => void) | undefined;
  const scene = stage.take(
    http(
      (_, reply) => {
        reply.raw('HTTP/1.1 401 Who\r\nContent-Length: 8\r\nConnection: close\r\n\r\nhalf');
        finish = () => reply.raw('rest');
        return new Promise<never>(() => {});
      },
      { streaming: true },
    ),
  );
  using client = await scene.connect();
  client.say(['POST / HTTP/1.1', `Host: ${scene.host}`, `Content-Length: ${8 * MIB}`]);
  expect((await client.head()).status).toBe(401);
  // The client sends on; it could not if nobody read.
  await client.write(Buffer.alloc(7 * MIB, 'x'));
  finish?.();
  expect((await client.stream.exactly(8)).toString()).toBe('halfrest');
  expect(await client.closed()).toBe('end');
  const [{ socket }] = scene.origin.connections;
  let sent = 0;
  socket.on('data', (bytes) => {
    sent += bytes.length;
  });
  await scene.origin.connections[0].stream.closed();
  expect(sent).toBeLessThan(MIB);
});

test('an endpoint that answers early and goes on gets the whole body, and both connections are used again', async () => {
  const scene = stage.take(
    http(
      async (request, reply) => {
        reply.raw('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
        await reply.stream.skip(Number(request.header('Content-Length') ?? 0));
        reply.raw('ok');
      },
      { streaming: true },
    ),
  );
  using client = await scene.connect();
  for (let i = 0; i < 2; i++) {
    upload(client, scene.host, MIB);
    expect((await client.answer('POST')).text).toBe('ok');
  }
  expect(scene.origin.connections).toHaveLength(1);
});

test('an answer that is whole before the request is: the endpoint’s connection is not used again', async () => {
  const scene = stage.take(
    http((_, reply) => reply.send(200, 'early'), { streaming: true }), // what follows is not read as a request
  );
  using client = await scene.connect();
  client.say(['POST / HTTP/1.1', `Host: ${scene.host}`, 'Content-Length: 100'], 'begun');
  expect((await client.answer('POST')).text).toBe('early');
  expect(await client.closed()).toBe('end'); // nor the client's: where its next request would begin is not known
  await waitUntil('it is closed', () => scene.origin.openConnections === 0);
  scene.origin.faults.length = 0; // the rest of the body, read as a head that never ends
});
