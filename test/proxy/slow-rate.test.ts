import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { canned, http } from '../support/origin.ts';
import { type RawClient, requestBytes } from '../support/raw-client.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Bytes a second that a client must keep up with; below it nobody is judged for five seconds. */
const RATE = 20_000;
const STEP_MS = 100;
/** Longer than the grace, with room for a loaded machine. */
const LONG_MS = 8_000;

/** The same for answers: more, because the kernel takes some megabytes for a client that reads nothing. */
const DOWN_RATE = 2_000_000;
const DOWN_BYTES = 40_000_000;

let stage: Stage;
let down: Stage;
beforeAll(async () => {
  stage = await startStage(20, { args: ['--min-rate-bytes-per-second', String(RATE)] });
  down = await startStage(20, { args: ['--min-rate-bytes-per-second', String(DOWN_RATE)] });
});
afterEach(() => expect([...stage.faults(), ...down.faults()]).toEqual([]));
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await down[Symbol.asyncDispose]();
});

const tooSlow = async ({ komainu }: Stage): Promise<number> =>
  (await komainu.metrics()).get('komainu_failures_total{failure="client-too-slow",side="downstream"}') ?? 0;

/** Writes so many bytes a second until `done`, or until the connection ends. */
async function drip({ socket }: RawClient, bytesPerSecond: number, done: () => boolean): Promise<void> {
  const startedMs = performance.now();
  for (let sent = 0; !done() && !socket.destroyed && socket.writable; await sleep(STEP_MS)) {
    const due = Math.floor(((performance.now() - startedMs) * bytesPerSecond) / 1000);
    if (due > sent) socket.write(Buffer.alloc(due - sent, 'x'));
    sent = due;
  }
}

const sink = http((_, reply) => reply.send(200, 'taken'));

describe.concurrent('the pace of a client', () => {
  test('an upload below the least rate is 408, and the origin connection is closed', async () => {
    const { host, connect, origin } = stage.take(
      http(async (_, reply) => void (await reply.stream.closed()), { streaming: true }),
    );
    using client = await connect();
    await client.write(requestBytes(['POST / HTTP/1.1', `Host: ${host}`, 'Content-Length: 1000000']));
    let answered = false;
    const dripping = drip(client, RATE / 4, () => answered);
    const answer = await client.answer();
    answered = true;
    await dripping;
    expect(answer.status).toBe(408);
    expect(answer.header('Connection')).toBe('close');
    expect(await tooSlow(stage)).toBeGreaterThan(0);
    await waitUntil('the origin connection is closed', () => origin.openConnections === 0);
  });

  test('an upload above it goes on as long as it takes', async () => {
    const { host, connect } = stage.take(sink);
    using client = await connect();
    const size = RATE * 3 * (LONG_MS / 1000);
    await client.write(requestBytes(['POST / HTTP/1.1', `Host: ${host}`, `Content-Length: ${size}`]));
    let sent = 0;
    const startedMs = performance.now();
    while (sent < size) {
      await sleep(STEP_MS);
      const due = Math.min(size, Math.floor((performance.now() - startedMs) * 3 * (RATE / 1000)));
      await client.write(Buffer.alloc(due - sent, 'x'));
      sent = due;
    }
    expect(await client.answer()).toMatchObject({ status: 200, text: 'taken' });
  });

  test('a fast upload to an origin that reads slowly is not the client’s fault', async () => {
    const { host, connect } = stage.take(
      http(
        async ({ header }, reply) => {
          await sleep(LONG_MS);
          for (let left = Number(header('Content-Length')); left > 0; ) left -= (await reply.stream.some())!.length;
          reply.send(200, 'taken');
        },
        { streaming: true },
      ),
    );
    using client = await connect();
    const body = Buffer.alloc(12_000_000);
    client.say(['POST / HTTP/1.1', `Host: ${host}`, `Content-Length: ${body.length}`], body);
    expect(await client.answer()).toMatchObject({ status: 200, text: 'taken' });
  });

  test('a tunnel may be as slow as it likes', async () => {
    const { host, connect } = stage.take(async ({ stream, socket }) => {
      await stream.head();
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n');
      socket.end(await stream.exactly(2));
    });
    using client = await connect();
    await client.ask(['GET / HTTP/1.1', `Host: ${host}`, 'Connection: Upgrade', 'Upgrade: chat']);
    await client.write('a');
    await sleep(LONG_MS);
    await client.write('b');
    expect((await client.stream.toEnd()).toString()).toBe('ab');
  });

  const large = http((_, reply) => reply.send(200, Buffer.alloc(DOWN_BYTES)));

  test.each([
    ['HTTP/1.1', 'a length', large],
    ['HTTP/1.0', 'no length', canned('HTTP/1.1 200 OK\r\n\r\n'.concat('x'.repeat(DOWN_BYTES)))],
  ])('a client of %s that takes an answer with %s too slowly is cut', async (version, _, serve) => {
    const { host, connect, origin } = down.take(serve);
    using client = await connect();
    const before = await tooSlow(down);
    client.say([`GET / ${version}`, `Host: ${host}`]);
    await client.head();
    await down.komainu.until('the client is given up', async () => (await tooSlow(down)) > before);
    await waitUntil('the origin connection is closed', () => origin.openConnections === 0);
    const rest = await client.stream.toEnd().catch(() => Buffer.alloc(0));
    expect(rest.length).toBeLessThan(DOWN_BYTES);
  });

  test('a client that takes its answer faster than that gets all of it', async () => {
    const { host, connect } = down.take(large);
    using client = await connect();
    client.say(['GET / HTTP/1.1', `Host: ${host}`]);
    await client.head();
    const startedMs = performance.now();
    for (let taken = 0; taken < DOWN_BYTES; ) {
      const due = ((performance.now() - startedMs) * 2.5 * DOWN_RATE) / 1000;
      if (taken > due) await sleep(STEP_MS);
      else taken += (await client.stream.some())!.length;
    }
  });
});
