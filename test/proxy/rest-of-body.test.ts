import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { http, type Serve } from '../support/origin.ts';
import { type Stage, startStage } from '../support/stage.ts';

const SMALL = 64 * 1024;

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(20);
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

/** Answers a POST without its body, and GET as usual. */
const early: Serve = async ({ stream, socket }) => {
  for (let head = await stream.head(); head !== undefined; head = await stream.head()) {
    const post = head.startsWith('POST');
    socket.write(`HTTP/1.1 ${post ? 403 : 200} Said\r\nContent-Length: 2\r\n\r\nok`);
    if (post) return void (await stream.closed());
  }
};

test('an answer of our own to a request whose small body is on its way ends nothing', async () => {
  const { host, connect } = stage.take();
  using client = await connect();
  for (let i = 0; i < 3; i++) {
    client.say(['POST / HTTP/1.1', 'Host: nowhere.test', `Content-Length: ${SMALL}`], 'x');
    const answer = await client.answer();
    expect(answer.status).toBe(404);
    expect(answer.header('Connection')).toBe('keep-alive');
    await client.write(Buffer.alloc(SMALL - 1, 'x'));
  }
  expect(await client.ask(['GET /after HTTP/1.1', `Host: ${host}`])).toMatchObject({ status: 200, text: 'GET /after' });
});

test('a body that came with its head is read before the next request', async () => {
  const { host, connect, origin } = stage.take();
  using client = await connect();
  const smuggled = `GET /smuggled HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  client.say(['POST / HTTP/1.1', 'Host: nowhere.test', `Content-Length: ${smuggled.length}`], smuggled);
  client.say(['GET /after HTTP/1.1', `Host: ${host}`]);
  expect(await client.answer()).toMatchObject({ status: 404 });
  expect(await client.answer()).toMatchObject({ status: 200, text: 'GET /after' });
  expect(origin.requests).toHaveLength(1);
});

test.each([
  ['a large body', `Content-Length: ${SMALL + 1}`],
  ['a body without a length', 'Transfer-Encoding: chunked'],
])('an answer of our own to a request with %s says that the connection ends', async (_, line) => {
  const { connect } = stage.take();
  using client = await connect();
  client.say(['POST / HTTP/1.1', 'Host: nowhere.test', line]);
  const answer = await client.answer();
  expect(answer.status).toBe(404);
  expect(answer.header('Connection')).toBe('close');
  await client.write('5\r\nabcde\r\n');
  expect(await client.closed()).toBe('end');
});

test('an answer of the origin that does not wait for a small body ends nothing', async () => {
  const { host, connect, origin } = stage.take(early);
  using client = await connect();
  client.say(['POST / HTTP/1.1', `Host: ${host}`, `Content-Length: ${SMALL}`], 'x');
  expect(await client.answer()).toMatchObject({ status: 403, text: 'ok' });
  await client.write(Buffer.alloc(SMALL - 1, 'x'));
  expect(await client.ask(['GET / HTTP/1.1', `Host: ${host}`])).toMatchObject({ status: 200, text: 'ok' });
  expect(origin.connections).toHaveLength(2);
});

test('an answer of the origin that does not wait for a large body ends the connection in order', async () => {
  const { host, connect } = stage.take(early);
  using client = await connect();
  client.say(['POST / HTTP/1.1', `Host: ${host}`, 'Content-Length: 1000000'], 'x');
  expect(await client.answer()).toMatchObject({ status: 403, text: 'ok' });
  await client.write(Buffer.alloc(500_000, 'x'));
  expect(await client.closed()).toBe('end');
});

test('a client that half-closes before its small body is whole is closed', async () => {
  const { connect } = stage.take();
  using client = await connect();
  client.say(['POST / HTTP/1.1', 'Host: nowhere.test', 'Content-Length: 10'], 'x');
  expect((await client.answer()).status).toBe(404);
  client.end();
  expect(await client.closed()).toBe('end');
});

test('an upload that the origin no longer reads when it answers is read on', async () => {
  const { host, connect } = stage.take(
    http(
      async (request, reply) => {
        if (request.method === 'GET') return reply.send(200, 'after');
        reply.send(200, 'enough');
      },
      { streaming: true },
    ),
  );
  using client = await connect();
  client.say(['POST / HTTP/1.1', `Host: ${host}`, 'Content-Length: 60000']);
  expect(await client.answer()).toMatchObject({ text: 'enough' });
  await client.write(Buffer.alloc(60_000));
  expect(await client.ask(['GET / HTTP/1.1', `Host: ${host}`])).toMatchObject({ text: 'after' });
});
