import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { http, type Serve } from '../support/origin.ts';
import { ask, type RawClient, requestBytes } from '../support/raw-client.ts';
import { type Scene, type Stage, startStage } from '../support/stage.ts';
import { waitUntil } from '../support/wait-until.ts';

const MIB = 1024 * 1024;
const GROWTH_LIMIT = 64 * MIB;
const BODY_MS = 1_500;
const IDLE_MS = 1_000;
/** Time-outs are looked at every 100 ms by a clock that is as old as the last look. */
const COARSE_MS = 150;
/** Longer than the proxy reads on after its last answer. */
const PAUSE_MS = 2_500;
/**
 * What the kernel keeps for a client that does not read is not known beforehand. These steps are smaller than one read
 * of the proxy, so that at some of the sizes the origin has said everything and the tail waits in the proxy.
 */
const SIZES = Array.from({ length: 70 }, (_, step) => 1_500_000 + step * 60_000);

/** Waits long for bodies. */
let patient: Stage;
/** Waits short for bodies too. */
let strict: Stage;
beforeAll(async () => {
  const idle = ['--idle-timeout-ms', String(IDLE_MS)];
  patient = await startStage(4, { shards: 1, args: idle });
  strict = await startStage(4, { shards: 1, args: [...idle, '--body-timeout-ms', String(BODY_MS)] });
});
afterEach(() => expect([...patient.faults(), ...strict.faults()]).toEqual([]));
afterAll(async () => {
  await patient[Symbol.asyncDispose]();
  await strict[Symbol.asyncDispose]();
});

/** `GET /123` is answered with 123 bytes. */
const sized: Serve = http((request, reply) => reply.send(200, Buffer.alloc(Number(request.target.slice(1)), 'x')));

/** One client for each size, which has asked and has read nothing. */
async function askSizes(
  { connect, host }: Scene,
  sizes: readonly number[],
  lines: readonly string[] = [],
): Promise<AsyncDisposable & { readonly clients: readonly { readonly size: number; readonly client: RawClient }[] }> {
  const clients = await Promise.all(sizes.map(async (size) => ({ size, client: await connect() })));
  for (const { size, client } of clients) client.say([`GET /${size} HTTP/1.1`, `Host: ${host}`, ...lines]);
  return {
    clients,
    [Symbol.asyncDispose]: async () => {
      for (const { client } of clients) client[Symbol.dispose]();
    },
  };
}

/** In pieces, so that `taken` tells how far it is. Ends also when the connection does. */
async function pour({ socket }: RawClient, size: number): Promise<void> {
  const piece = Buffer.alloc(64 * 1024);
  for (let left = size; left > 0 && !socket.destroyed; left -= piece.length) {
    if (!socket.write(piece.subarray(0, left)))
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {});
  }
}

/** What the kernel has taken of what was written. */
const taken = ({ socket }: RawClient): number => socket.bytesWritten - socket.writableLength;

/** The value once it has not moved for this long: nothing can be waited for where nothing is to happen. */
async function standstill(value: () => number | Promise<number>, forMs = 500): Promise<number> {
  let last = -1;
  let since = performance.now();
  return await waitUntil('the count stands still', async () => {
    const now = await value();
    if (now !== last) {
      last = now;
      since = performance.now();
    }
    return last > 0 && performance.now() - since > forMs && last;
  });
}

/** `name` as it is now in the metrics of the stage. */
const metric = async ({ komainu }: Stage, name: string): Promise<number> =>
  (await komainu.metrics()).get(name) ?? Number.NaN;

test('a client that pipelines for ever and never reads is held up, costs little, and harms no other', async () => {
  const { connect, get } = patient.take();
  const lines = ['GET / HTTP/1.1', 'Host: unknown.test'];
  const answer = await ask(patient.komainu.port(), lines);
  expect(answer.status).toBe(404);
  const request = requestBytes(lines);
  const block = Buffer.concat(Array<Buffer>(2_000).fill(request));
  const limit = 30 * MIB;
  using client = await connect();
  const before = patient.komainu.residentBytes();
  let pouring = true;
  let asked = 0;
  const poured = (async () => {
    while (pouring && asked * request.length < limit) {
      asked += 2_000;
      if (!client.socket.write(block)) await once(client.socket, 'drain');
    }
  })();
  expect(await standstill(() => taken(client))).toBeLessThan(limit / 2);
  expect(patient.komainu.residentBytes() - before).toBeLessThan(GROWTH_LIMIT);
  for (let i = 0; i < 20; i++) expect((await get(`/${i}`)).text).toBe(`GET /${i}`);
  pouring = false;
  // It begins to read after all: every answer is there, and nothing else.
  await client.stream.skip(asked * (answer.raw.length + answer.bytes.length));
  await poured;
  expect((await client.stream.toEnd()).length).toBe(0);
  expect(patient.komainu.residentBytes() - before).toBeLessThan(GROWTH_LIMIT);
});

test('a slow reader whose connection closes behind the answer gets the whole answer', async () => {
  await using asking = await askSizes(patient.take(sized), SIZES, ['Connection: close']);
  // Time itself is what is tested here: the answer waits for longer than the proxy lingers.
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  for (const { size, client } of asking.clients) {
    await client.head();
    await client.stream.skip(size);
    expect((await client.stream.toEnd()).length).toBe(0);
  }
});

test('an origin that answers early and then stalls is given up after the body time-out', async () => {
  const size = 32 * MIB;
  const begin = Promise.withResolvers<void>();
  const caughtUp = Promise.withResolvers<void>();
  const { connect, host } = strict.take(
    http(
      async (_, reply) => {
        reply.raw('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
        await begin.promise;
        // On a machine so busy that the proxy has given up by now, the end comes first.
        await reply.stream.skip(size - 1).catch(() => {});
        caughtUp.resolve();
        await reply.stream.closed();
        reply.connection.socket.destroy();
      },
      { streaming: true },
    ),
  );
  using client = await connect();
  client.say(['POST / HTTP/1.1', `Host: ${host}`, `Content-Length: ${size}`]);
  const poured = pour(client, size - 1);
  expect((await client.head()).status).toBe(200);
  expect((await client.stream.exactly(3)).toString()).toBe('abc');
  // The origin reads again only when the proxy waits for it with bytes it could not write.
  await standstill(() => taken(client), BODY_MS / 5);
  begin.resolve();
  await caughtUp.promise;
  await poured;
  // The last byte goes through at once: from here on there is nothing but the rest of the answer to wait for.
  client.socket.write('x');
  await client.closed();
  await waitUntil('no request is active', async () => (await metric(strict, 'komainu_requests_active')) === 0);
});

test('after a large answer to a slow reader the idle time-out still closes the connection', async () => {
  await using asking = await askSizes(patient.take(sized), SIZES);
  await standstill(() => metric(patient, 'komainu_sent_bytes_total'));
  await Promise.all(
    asking.clients.map(async ({ size, client }) => {
      await client.head();
      await client.stream.skip(size);
    }),
  );
  expect(await Promise.all(asking.clients.map(({ client }) => client.closed()))).toEqual(SIZES.map(() => 'end'));
});

test('a client that stops reading for ever in the middle of an answer is cut after the body time-out', async () => {
  const scene = strict.take(sized);
  const began = performance.now();
  await using kept = await askSizes(scene, [...SIZES, 32 * MIB]);
  await using closing = await askSizes(scene, [...SIZES, 32 * MIB], ['Connection: close']);
  for (const { client } of [...kept.clients, ...closing.clients]) await client.head();
  await waitUntil('no request is active', async () => (await metric(strict, 'komainu_requests_active')) === 0);
  expect(performance.now() - began).toBeGreaterThan(BODY_MS - COARSE_MS);
  await waitUntil('no connection is open', async () => (await metric(strict, 'komainu_connections_open')) === 0);
});
