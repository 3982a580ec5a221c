import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { http } from '../support/origin.ts';
import { MIB, piece, pour } from '../support/pour.ts';
import { requestBytes } from '../support/raw-client.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { waitUntil } from '../support/wait-until.ts';

const SIZE = 64 * MIB;
/** What a proxy that keeps no body may grow by; a body that is gathered would take 64 MiB and more. */
const GROWTH_LIMIT = 32 * MIB;

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(10, { shards: 1 });
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

const sumOf = (pieces: number): string => {
  const hash = createHash('sha1');
  for (let i = 0; i < pieces; i++) hash.update(piece);
  return hash.digest('hex');
};

test('a chunked upload of 64 MiB arrives whole while the answer echoes it', { timeout: 120_000 }, async () => {
  const { host, connect } = stage.take(
    http(
      async (_, reply) => {
        reply.raw(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
        for (;;) {
          const size = Number.parseInt(await reply.stream.line(), 16);
          await reply.stream.skip(size, (bytes) => void reply.raw(Buffer.from(bytes)));
          await reply.stream.line();
          if (size === 0) break;
          if (reply.connection.socket.writableNeedDrain) await once(reply.connection.socket, 'drain');
        }
      },
      { streaming: true },
    ),
  );
  using client = await connect();
  const before = stage.komainu.residentBytes();
  client.say(['POST / HTTP/1.1', `Host: ${host}`, 'Transfer-Encoding: chunked']);
  const upload = (async () => {
    for (let i = 0; i < 64; i++) {
      client.socket.write(`${MIB.toString(16)}\r\n`);
      client.socket.write(piece);
      if (!client.socket.write('\r\n')) await once(client.socket, 'drain');
    }
    client.socket.write('0\r\n\r\n');
  })();
  expect((await client.head()).status).toBe(200);
  const hash = createHash('sha1');
  await client.stream.skip(SIZE, (bytes) => hash.update(bytes));
  await upload;
  expect(hash.digest('hex')).toBe(sumOf(64));
  expect(stage.komainu.residentBytes() - before).toBeLessThan(GROWTH_LIMIT);
});

test('the first bytes of a body reach the client before the origin has said the rest', async () => {
  const gate = Promise.withResolvers<void>();
  const { host, connect } = stage.take(
    http(async (_, reply) => {
      reply.raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n');
      await gate.promise;
      reply.raw('6\r\nsecond\r\n0\r\n\r\n');
    }),
  );
  using client = await connect();
  client.say(['GET / HTTP/1.1', `Host: ${host}`]);
  await client.head();
  expect(await client.stream.line()).toBe('5');
  expect((await client.stream.exactly(7)).toString()).toBe('first\r\n');
  gate.resolve();
  expect((await client.stream.exactly(16)).toString()).toBe('6\r\nsecond\r\n0\r\n\r\n'.slice(0, 16));
});

test('the first bytes of a request body reach the origin before the client has said the rest', async () => {
  const got: string[] = [];
  const { host, connect } = stage.take(
    http(
      async (_, reply) => {
        got.push((await reply.stream.exactly(5)).toString());
        got.push((await reply.stream.exactly(6)).toString());
        reply.send(200, got.join());
      },
      { streaming: true },
    ),
  );
  using client = await connect();
  client.say(['POST / HTTP/1.1', `Host: ${host}`, 'Content-Length: 11'], 'first');
  await waitUntil('the first half is at the origin', () => got.length === 1);
  await client.write('second');
  expect(await client.answer()).toMatchObject({ status: 200, text: 'first,second' });
});

test('a slow reader does not hold up the others of its shard', async () => {
  const { host, connect } = stage.take(
    http(async (_, reply) => {
      reply.raw(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
      await pour(reply.connection.socket, SIZE / MIB, 'length', { bytes: 0 });
    }),
  );
  const quick = stage.take();
  using client = await connect();
  client.say(['GET / HTTP/1.1', `Host: ${host}`]);
  await client.head();
  for (let i = 0; i < 50; i++) expect((await quick.get(`/${i}`)).text).toBe(`GET /${i}`);
});

test('clients that pipeline without a pause do not hold up the others of their shard', async () => {
  const block = Buffer.concat(Array<Buffer>(2_000).fill(requestBytes(['GET / HTTP/1.1', 'Host: unknown.test'])));
  const quick = stage.take();
  const stop = new AbortController();
  const floods = Array.from({ length: 8 }, async () => {
    using client = await quick.connect();
    client.socket.resume();
    while (!stop.signal.aborted) if (!client.socket.write(block)) await once(client.socket, 'drain');
  });
  // After two seconds the shard counts as stuck, and is ended.
  for (let i = 0; i < 50; i++) {
    const asked = performance.now();
    expect((await quick.get(`/${i}`)).text).toBe(`GET /${i}`);
    expect(performance.now() - asked).toBeLessThan(2_000);
  }
  stop.abort();
  await Promise.all(floods);
});
