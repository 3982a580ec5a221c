import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { http, type SeenConnection, type Serve } from '../support/origin.ts';
import { requestBytes } from '../support/raw-client.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { waitUntil } from '../support/wait-until.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(30);
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

const EXPECT = 'Expect: 100-continue';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const asking = (host: string, body = 'Content-Length: 4'): string[] => [
  'POST / HTTP/1.1',
  `Host: ${host}`,
  body,
  EXPECT,
];

/** Reads a head and does the rest by the script, once a connection. */
const scripted =
  (script: (connection: SeenConnection, head: string) => Promise<void>): Serve =>
  async (connection) => {
    const head = await connection.stream.head();
    if (head !== undefined) await script(connection, head);
  };

const answer = (status: number, body: string, ...lines: readonly string[]): string =>
  `HTTP/1.1 ${status} Said\r\n${lines.map((line) => `${line}\r\n`).join('')}Content-Length: ${body.length}\r\n\r\n${body}`;

test.each([
  ['with a length', 'Content-Length: 4', 'body', 'body'],
  ['in chunks', 'Transfer-Encoding: chunked', '4\r\nbody\r\n0\r\n\r\n', '4\r\nbody\r\n0\r\n\r\n'],
])('a body %s that comes early reaches the origin only after its 100', async (_, framing, body, seen) => {
  const gone: string[] = [];
  const asked = Promise.withResolvers<SeenConnection>();
  const { host, connect } = stage.take(
    scripted(async (connection, head) => {
      expect(head).toContain(`${EXPECT}\r\n`);
      asked.resolve(connection);
      gone.push((await connection.stream.exactly(seen.length)).toString());
      connection.socket.write(answer(200, 'done'));
      await connection.stream.closed();
    }),
  );
  using client = await connect();
  client.say(asking(host, framing), body);
  const { socket } = await asked.promise;
  // Another request of the same client process is answered meanwhile, so what would go on has gone on.
  expect((await stage.take().get()).status).toBe(200);
  expect(gone).toEqual([]);
  socket.write(CONTINUE);
  expect(await client.answer()).toMatchObject({ status: 200, text: 'done', informational: [100] });
  expect(gone).toEqual([seen]);
});

test('an early body that is larger than what is held arrives whole', async () => {
  const body = Buffer.from(Array.from({ length: 700_000 }, (_, i) => 97 + (i % 26)));
  const { host, connect } = stage.take(
    scripted(async ({ stream, socket }) => {
      socket.write(CONTINUE);
      const come = await stream.exactly(body.length);
      socket.write(answer(200, String(come.equals(body))));
      await stream.closed();
    }),
  );
  using client = await connect();
  const sending = client.write(requestBytes(asking(host, `Content-Length: ${body.length}`), body));
  expect(await client.answer()).toMatchObject({ status: 200, text: 'true', informational: [100] });
  await sending;
});

test('a final answer instead of 100 is passed on at once; the connection ends, since a body may follow or not', async () => {
  const { host, connect } = stage.take(
    scripted(async ({ stream, socket }) => {
      socket.write(answer(401, 'who?'));
      await stream.closed();
    }),
  );
  using client = await connect();
  client.say(asking(host));
  const said = await client.answer();
  expect(said).toMatchObject({ status: 401, text: 'who?', informational: [] });
  expect(said.header('Connection')).toBe('close');
  // A body that was on its way is read and dropped: no reset overtakes the answer.
  await client.write('body');
  expect(await client.closed()).toBe('end');
});

test.each([
  [403, 'no'],
  [200, ''],
])('a body that has come whole never reaches an origin that answers %i instead of 100', async (status, text) => {
  const asked: string[] = [];
  const { host, connect, origin } = stage.take(async ({ stream, socket }) => {
    for (let head = await stream.head(); head !== undefined; head = await stream.head()) {
      asked.push(head.slice(0, head.indexOf(' HTTP')));
      socket.write(answer(status, text));
    }
    socket.end();
  });
  const hidden = `GET /hidden HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  using client = await connect();
  client.say(asking(host, `Content-Length: ${hidden.length}`), hidden);
  const said = await client.answer();
  expect(said).toMatchObject({ status, text, informational: [] });
  expect(said.header('Connection')).toBeUndefined();
  expect(await client.ask(['GET /next HTTP/1.1', `Host: ${host}`])).toMatchObject({ status, text });
  expect(asked).toEqual(['POST /', 'GET /next']);
  expect(origin.connections).toHaveLength(2);
});

test('an origin that began its answer before it asked for the body gets nothing else on that connection', async () => {
  const { host, connect, origin } = stage.take(
    http((request, reply) => reply.send(200, request.target), { streaming: true }),
  );
  using client = await connect();
  const hidden = `GET /hidden HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  client.say(asking(host, `Content-Length: ${hidden.length}`), hidden);
  expect(await client.answer()).toMatchObject({ status: 200, text: '/' });
  expect(await client.ask(['GET /next HTTP/1.1', `Host: ${host}`])).toMatchObject({ status: 200, text: '/next' });
  expect(origin.connections).toHaveLength(2);
});

test('an answer that is told before it wants the body gets it', async () => {
  const { host, connect } = stage.take(
    scripted(async ({ stream, socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n');
      socket.write(await stream.exactly(4));
      await stream.closed();
    }),
  );
  using client = await connect();
  client.say(asking(host));
  expect((await client.head()).status).toBe(200);
  await client.write('body');
  expect((await client.stream.exactly(4)).toString()).toBe('body');
});

test('an origin that knows no 100 gets the body after a moment, and the client is asked for it once', async () => {
  const { host, connect, origin } = stage.take(
    http(async (request, reply) => {
      reply.raw(CONTINUE); // too late
      reply.send(200, request.body!.bytes);
    }),
  );
  using client = await connect();
  client.say(asking(host));
  expect((await client.head()).raw).toBe(CONTINUE);
  await client.write('body');
  expect(await client.answer()).toMatchObject({ status: 200, text: 'body', informational: [] });
  expect(origin.requests).toHaveLength(1);
});

test('a body that is there goes on after a moment without a word', async () => {
  const { ask } = stage.take(http((request, reply) => reply.send(200, request.body!.bytes)));
  const said = await ask(['POST / HTTP/1.1', 'Content-Length: 4', EXPECT], 'body');
  expect(said).toMatchObject({ status: 200, text: 'body', informational: [] });
});

test('a client that half-closes behind its early body is answered', async () => {
  const { host, connect } = stage.take(
    scripted(async ({ stream, socket }) => {
      socket.write(CONTINUE);
      socket.write(answer(200, (await stream.exactly(4)).toString()));
      await stream.closed();
    }),
  );
  using client = await connect();
  client.say(asking(host), 'body');
  client.end();
  expect(await client.answer()).toMatchObject({ status: 200, text: 'body' });
  expect(await client.closed()).toBe('end');
});

test('a client that half-closes instead of sending its body is gone', async () => {
  const { host, connect, origin } = stage.take(scripted(async ({ stream }) => void (await stream.closed())));
  using client = await connect();
  client.say(asking(host));
  await waitUntil('the origin was asked', () => origin.connections.length === 1);
  client.end();
  expect(await client.closed()).toBe('end');
  await waitUntil('the origin connection is closed', () => origin.openConnections === 0);
});

test.each([
  ['no route', 'Host: nowhere.test', 404, 'Content-Length: 4'],
  ['an expectation nobody knows', 'Host: HOST\r\nExpect: more', 417, 'Content-Length: 4'],
])('%s is told without waiting for the body', async (_, hostLine, status, length) => {
  const { host, connect, origin } = stage.take();
  using client = await connect();
  client.say(['POST / HTTP/1.1', hostLine.replace('HOST', host), length, EXPECT]);
  const said = await client.answer();
  expect(said).toMatchObject({ status, informational: [] });
  expect(said.header('Connection')).toBe('close');
  expect(await client.closed()).toBe('end');
  expect(origin.connections).toHaveLength(0);
});

test('an origin that closes without a word is 502, and the body was never asked for', async () => {
  const { host, connect } = stage.take(scripted(async ({ socket }) => void socket.end()));
  using client = await connect();
  client.say(asking(host));
  expect(await client.answer()).toMatchObject({ status: 502, informational: [] });
  expect(await client.closed()).toBe('end');
});

test('pipelined requests behind an expected body keep their order', async () => {
  const { host, connect } = stage.take(
    scripted(async ({ stream, socket }) => {
      socket.write(CONTINUE);
      socket.write(answer(200, (await stream.exactly(4)).toString()));
      socket.write(answer(200, String((await stream.head())?.split(' ')[1])));
      await stream.closed();
    }),
  );
  using client = await connect();
  client.say(asking(host), Buffer.concat([Buffer.from('body'), requestBytes(['GET /next HTTP/1.1', `Host: ${host}`])]));
  expect(await client.answer()).toMatchObject({ text: 'body', informational: [100] });
  expect(await client.answer()).toMatchObject({ text: '/next', informational: [] });
});
