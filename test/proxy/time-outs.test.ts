import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { StreamEndedError } from '../support/byte-stream.ts';
import { http } from '../support/origin.ts';
import { requestBytes } from '../support/raw-client.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { waitUntil } from '../support/wait-until.ts';

const SHORT_MS = 400;
/** Time-outs are looked at every 100 ms by a clock that is as old as the last look. */
const COARSE_MS = 150;

let stage: Stage;
beforeAll(async () => {
  const limits = [
    'head-timeout-ms',
    'idle-timeout-ms',
    'body-timeout-ms',
    'answer-timeout-ms',
    'upstream-idle-ms',
    'tunnel-idle-ms',
  ];
  stage = await startStage(20, { args: limits.flatMap((name) => [`--${name}`, String(SHORT_MS)]) });
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

const hold = (): Promise<never> => new Promise(() => {});

test('an origin that says nothing: 504, and its connection is closed', async () => {
  const { get, origin } = stage.take(http(hold));
  const began = performance.now();
  expect(await get()).toMatchObject({ status: 504 });
  expect(performance.now() - began).toBeGreaterThan(SHORT_MS - COARSE_MS);
  await origin.connections[0].stream.closed();
  await waitUntil('the origin connection is closed', () => origin.openConnections === 0);
});

test('an origin that stops in the middle of its body: the client sees an incomplete answer', async () => {
  const { get } = stage.take(http((_, reply) => reply.raw('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')));
  await expect(get()).rejects.toBeInstanceOf(StreamEndedError);
});

test('an origin that is slow but goes on is waited for', async () => {
  const { get } = stage.take(
    http(async (_, reply) => {
      reply.raw('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
      for (const letter of 'slow!') {
        // Time itself is what is tested here: five pauses that are together longer than the limit.
        await new Promise((resolve) => setTimeout(resolve, SHORT_MS / 3));
        reply.raw(letter);
      }
    }),
  );
  expect(await get()).toMatchObject({ status: 200, text: 'slow!' });
});

test('half a head: 408 and the connection ends', async () => {
  const { host, connect } = stage.take();
  using client = await connect();
  await client.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nX-Slow`);
  const answer = await client.answer();
  expect(answer.status).toBe(408);
  expect(answer.header('Connection')).toBe('close');
  expect(await client.closed()).toBe('end');
});

test('a head that drips byte by byte does not live longer for it', async () => {
  const { host, connect } = stage.take();
  using client = await connect();
  const drip = setInterval(() => client.socket.write('a'), SHORT_MS / 10);
  try {
    await client.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `);
    expect((await client.answer()).status).toBe(408);
  } finally {
    clearInterval(drip);
  }
});

test('a connection that never says anything is closed without an answer', async () => {
  const { connect } = stage.take();
  using client = await connect();
  expect((await client.stream.toEnd()).length).toBe(0);
});

test('a kept-alive connection without a request is closed without an answer', async () => {
  const { host, connect } = stage.take();
  using client = await connect();
  await client.ask(['GET / HTTP/1.1', `Host: ${host}`]);
  expect((await client.stream.toEnd()).length).toBe(0);
});

test('a request body that stops: 408, and the origin connection is closed', async () => {
  const { host, connect, origin } = stage.take(http(hold, { streaming: true }));
  using client = await connect();
  client.say(['POST / HTTP/1.1', `Host: ${host}`, 'Content-Length: 100'], 'half');
  const answer = await client.answer();
  expect(answer.status).toBe(408);
  expect(answer.header('Connection')).toBe('close');
  await origin.connections[0].stream.closed();
  await waitUntil('the origin connection is closed', () => origin.openConnections === 0);
});

test('a client that stops reading its answer is cut off', async () => {
  const { host, connect, origin } = stage.take(
    http((_, reply) =>
      reply.raw(
        Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n'), Buffer.alloc(50_000_000)]),
      ),
    ),
  );
  using client = await connect();
  client.say(['GET / HTTP/1.1', `Host: ${host}`]);
  await client.head();
  await waitUntil('the origin connection is closed', () => origin.openConnections === 0);
});

test('an unused upstream connection is closed', async () => {
  const { get, origin } = stage.take();
  await get();
  await origin.connections[0].stream.closed();
  await waitUntil('the origin connection is closed', () => origin.openConnections === 0);
});

test('a tunnel without a byte is closed on both sides', async () => {
  const { host, connect, origin } = stage.take(async ({ stream, socket }) => {
    await stream.head();
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n');
    await stream.closed();
    socket.destroy();
  });
  using client = await connect();
  const answer = await client.ask(['GET / HTTP/1.1', `Host: ${host}`, 'Connection: Upgrade', 'Upgrade: chat']);
  expect(answer.status).toBe(101);
  await client.closed();
  await waitUntil('the origin connection is closed', () => origin.openConnections === 0);
});

test('a request that takes long as a whole but whose body goes on is not cut', async () => {
  const { host, connect } = stage.take(http((request, reply) => reply.send(200, request.body!.bytes)));
  using client = await connect();
  await client.write(requestBytes(['POST / HTTP/1.1', `Host: ${host}`, 'Content-Length: 5']));
  for (const letter of 'slow!') {
    await new Promise((resolve) => setTimeout(resolve, SHORT_MS / 3));
    await client.write(letter);
  }
  expect(await client.answer()).toMatchObject({ status: 200, text: 'slow!' });
});
