import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { StreamEndedError } from '../support/byte-stream.ts';
import { freePort } from '../support/free-port.ts';
import { startFullPort } from '../support/full-port.ts';
import { documents, ingress, route, service } from '../support/manifests.ts';
import { canned, http, startOrigin } from '../support/origin.ts';
import { ask, get } from '../support/raw-client.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { startKomainu } from '../support/start-komainu.ts';
import { waitUntil } from '../support/wait-until.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(20);
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

const hold = (): Promise<never> => new Promise(() => {});

test('a client that leaves in the middle of its body frees the upstream connection', async () => {
  const { host, connect, origin } = stage.take(http(hold, { streaming: true }));
  const client = await connect();
  client.say(['POST / HTTP/1.1', `Host: ${host}`, 'Content-Length: 100'], 'half');
  await waitUntil('the request is at the origin', () => origin.requests.length === 1);
  client.socket.destroy();
  await origin.connections[0].stream.closed();
  await waitUntil('the origin connection is closed', () => origin.openConnections === 0);
});

test('a client that resets while it waits for the answer frees the upstream connection', async () => {
  const { host, connect, origin } = stage.take(http(hold));
  const client = await connect();
  client.say(['GET / HTTP/1.1', `Host: ${host}`]);
  await waitUntil('the request is at the origin', () => origin.requests.length === 1);
  client.reset();
  await origin.connections[0].stream.closed();
  await waitUntil('the origin connection is closed', () => origin.openConnections === 0);
});

test('a client that leaves in the middle of an answer frees the upstream connection', async () => {
  const { host, connect, origin } = stage.take(
    http(async (_, { connection, raw }) => {
      raw('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
      while (connection.open) {
        if (!connection.socket.write(Buffer.alloc(65_536)))
          await Promise.race([once(connection.socket, 'drain'), once(connection.socket, 'close')]);
      }
    }),
  );
  const client = await connect();
  client.say(['GET / HTTP/1.1', `Host: ${host}`]);
  await client.head();
  await client.stream.exactly(100_000);
  client.socket.destroy();
  await waitUntil('the origin connection is closed', () => origin.openConnections === 0);
});

test('clients that left are not counted as open connections', async () => {
  const { host, connect, origin } = stage.take(http(hold));
  const clients = await Promise.all(Array.from({ length: 10 }, () => connect()));
  for (const client of clients) client.say(['GET / HTTP/1.1', `Host: ${host}`]);
  await waitUntil('the requests are at the origin', () => origin.requests.length === 10);
  for (const client of clients) client.reset();
  const open = async (): Promise<number> =>
    (await stage.komainu.shards()).reduce((sum, { connectionsOpen }) => sum + connectionsOpen, 0);
  await waitUntil('no connection is open', async () => (await open()) === 0);
});

test('an origin that closes without an answer is 502', async () => {
  const { host, connect, origin } = stage.take(http((_, reply) => reply.end()));
  using client = await connect();
  expect(await client.ask(['GET / HTTP/1.1', `Host: ${host}`])).toMatchObject({ status: 502 });
  expect(origin.requests).toHaveLength(1);
  expect((await client.ask(['GET / HTTP/1.1', `Host: nobody.test`])).status).toBe(404);
});

test('an origin that resets without an answer is 502', async () => {
  const { get } = stage.take(http((_, reply) => reply.reset()));
  expect(await get()).toMatchObject({ status: 502 });
});

test('an origin that closes in the middle of its head is 502', async () => {
  const { get } = stage.take(canned('HTTP/1.1 200 OK\r\nContent-Le', { end: true }));
  expect(await get()).toMatchObject({ status: 502 });
});

test.each([
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
  ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf'],
  ['chunks, between two', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
])('an origin that closes in the middle of a body with %s: the client sees an incomplete answer', async (_, bytes) => {
  const { host, connect } = stage.take(canned(bytes, { end: true }));
  using client = await connect();
  const answer = client.ask(['GET / HTTP/1.1', `Host: ${host}`]);
  await expect(answer).rejects.toBeInstanceOf(StreamEndedError);
});

test('an HTTP/1.0 client sees a reset where only the end would say that the answer is whole', async () => {
  const { host, connect } = stage.take(
    http(async (_, reply) => {
      reply.raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf');
      await waitUntil('the client has the first half', () => seen);
      reply.reset();
    }),
  );
  let seen = false;
  using client = await connect();
  client.say(['GET / HTTP/1.0', `Host: ${host}`]);
  await client.head();
  expect((await client.stream.exactly(4)).toString()).toBe('half');
  seen = true;
  expect(await client.closed()).toBe('reset');
});

test('a pooled connection that the origin has closed meanwhile is not noticed by the client', async () => {
  const { host, connect, origin } = stage.take(
    http((_, reply) => {
      reply.send(200, `connection ${origin.connections.length}`);
      reply.end();
    }),
  );
  using client = await connect();
  for (let i = 1; i <= 20; i++) {
    expect(await client.ask(['GET / HTTP/1.1', `Host: ${host}`])).toMatchObject({
      status: 200,
      text: `connection ${i}`,
    });
  }
});

test('a pooled connection that dies under a GET is replaced; under a POST the client is told', async () => {
  const { host, connect, origin } = stage.take(
    http((request, reply) => {
      const { requests } = origin.connections[request.connection];
      if (request.target === '/die' && requests > 1) reply.reset();
      else reply.send(200, 'alive');
    }),
  );
  using client = await connect();
  const alive = { status: 200, text: 'alive' };
  expect(await client.ask(['GET / HTTP/1.1', `Host: ${host}`])).toMatchObject(alive);
  expect(await client.ask(['GET /die HTTP/1.1', `Host: ${host}`])).toMatchObject(alive);
  const post = await client.ask(['POST /die HTTP/1.1', `Host: ${host}`, 'Content-Length: 1'], 'x');
  expect(post.status).toBe(502);
  expect(origin.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
    'GET /',
    'GET /die',
    'GET /die',
    'POST /die',
  ]);
});

test('an origin that answers and closes while the client still sends its body is heard', async () => {
  const { host, connect } = stage.take(
    http(
      (_, reply) => {
        reply.raw('HTTP/1.1 413 Too Much\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig');
        reply.end();
      },
      { streaming: true },
    ),
  );
  using client = await connect();
  client.say(['POST / HTTP/1.1', `Host: ${host}`, 'Content-Length: 1000000'], 'the beginning');
  expect(await client.answer()).toMatchObject({ status: 413, text: 'big' });
});

test('an endpoint that refuses connections is passed over for one that does not', async () => {
  await using origin = await startOrigin();
  const manifests = { 'a.yaml': route('two.test', [await freePort(), origin.port]) };
  await using komainu = await startKomainu({ manifests });
  for (let i = 0; i < 20; i++) {
    const lines = ['POST / HTTP/1.1', 'Host: two.test', 'Content-Length: 4'];
    expect(await ask(komainu.port(), lines, 'body')).toMatchObject({ status: 200, text: 'POST /' });
  }
  expect(origin.requests).toHaveLength(20);
});

test('all endpoints refuse: 502; no endpoint: 503; and the connection goes on', async () => {
  const manifests = {
    'refused.yaml': route('refused.test', [await freePort(), await freePort()]),
    'none.yaml': documents(ingress('none', [{ host: 'none.test', service: 'none' }]), {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'none' },
      spec: { ports: [{ port: 80 }] },
    }),
  };
  await using komainu = await startKomainu({ manifests });
  expect(await get(komainu.port(), 'refused.test')).toMatchObject({ status: 502 });
  const none = await get(komainu.port(), 'none.test');
  expect(none.status).toBe(503);
  expect(none.header('Connection')).toBe('keep-alive');
});

test('an endpoint that comes back is used again within two seconds', async () => {
  const port = await freePort();
  await using other = await startOrigin(http((_, reply) => reply.send(200, 'other')));
  const manifests = { 'a.yaml': route('back.test', [port, other.port]) };
  await using komainu = await startKomainu({ manifests });
  for (let i = 0; i < 4; i++) expect((await get(komainu.port(), 'back.test')).text).toBe('other');
  await using back = await startOrigin(
    http((_, reply) => reply.send(200, 'back')),
    port,
  );
  expect(back.port).toBe(port);
  await komainu.until(
    'the endpoint answers again',
    async () => (await get(komainu.port(), 'back.test')).text === 'back',
    2_000,
  );
});

test('an endpoint that neither accepts nor refuses: 504 after the connect time-out', { timeout: 60_000 }, async () => {
  await using full = await startFullPort();
  await using komainu = await startKomainu({
    manifests: { 'a.yaml': documents(ingress('f', [{ host: 'full.test', service: 'f' }]), service('f', [full.port])) },
    args: ['--connect-timeout-ms', '300'],
  });
  expect(await get(komainu.port(), 'full.test')).toMatchObject({ status: 504 });
});
