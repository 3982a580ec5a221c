import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ByteStream } from '../support/byte-stream.ts';
import { kernelQueuedBytes, type PortPair } from '../support/kernel-queues.ts';
import { type Handler, http, type SeenConnection } from '../support/origin.ts';
import {
  BIT_BYTES,
  Drinker,
  drip,
  type Framing,
  framingLine,
  MIB,
  type Poured,
  pour,
  standstill,
  type Thirst,
} from '../support/pour.ts';
import { peakBytesDuring } from '../support/process-memory.ts';
import type { RawClient } from '../support/raw-client.ts';
import { type Stage, startStage } from '../support/stage.ts';

const BODY_MIB = Number(process.env.KOMAINU_BODY_MIB ?? 1024);
const WARM_UP_MIB = 32;
const GROWTH_LIMIT = 32 * MIB;
/** What cannot be told apart: one bit of the sender, heads that grow on their way, framing of chunks. */
const UNSURE_BYTES = BIT_BYTES + 2048;
const slow: Thirst = { sips: 400, sipBytes: 40_000, pauseMs: 2 };

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(11, { shards: 1 });
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

/** Carries this many MiB, whole and unharmed, to a peer that is slow at first. */
type Transfer = (sizeMib: number) => Promise<void>;

async function drink(stream: ByteStream, framing: Framing, sizeMib: number, poured: Poured): Promise<string> {
  const drinker = new Drinker(stream, framing);
  await drinker.slowly(poured, slow);
  await drinker.take(sizeMib * MIB - drinker.taken);
  await drinker.end();
  return String(drinker.taken);
}

function uploading(framing: Framing): Transfer {
  let sizeMib = 0;
  let poured: Poured = { bytes: 0 };
  const handle: Handler = async (_, reply) => reply.send(200, await drink(reply.stream, framing, sizeMib, poured));
  const { host, connect } = stage.take(http(handle, { streaming: true }));
  return async (mib) => {
    sizeMib = mib;
    poured = { bytes: 0 };
    using client = await connect();
    client.say(['PUT / HTTP/1.1', `Host: ${host}`, framingLine(framing, mib * MIB)]);
    await pour(client.socket, mib, framing, poured);
    expect(await client.answer()).toMatchObject({ status: 200, text: String(mib * MIB) });
  };
}

function downloading(framing: Framing): Transfer {
  let sizeMib = 0;
  let poured: Poured = { bytes: 0 };
  const handle: Handler = async (_, reply) => {
    reply.raw(`HTTP/1.1 200 OK\r\n${framingLine(framing, sizeMib * MIB)}\r\n\r\n`);
    await pour(reply.connection.socket, sizeMib, framing, poured);
  };
  const { host, connect } = stage.take(http(handle));
  return async (mib) => {
    sizeMib = mib;
    poured = { bytes: 0 };
    using client = await connect();
    client.say(['GET / HTTP/1.1', `Host: ${host}`]);
    expect((await client.head()).status).toBe(200);
    expect(await drink(client.stream, framing, mib, poured)).toBe(String(mib * MIB));
  };
}

const UPGRADE = ['GET / HTTP/1.1', 'Connection: Upgrade', 'Upgrade: bytes'];
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: bytes\r\n\r\n';

/** The origin sends back what it hears, and so is as slow as the client that hears it. */
function tunnelling(): Transfer {
  const { host, connect } = stage.take(
    http(
      async (_, { raw, stream, connection }) => {
        raw(SWITCH);
        for (let some = await stream.some(); some !== undefined; some = await stream.some())
          if (!connection.socket.write(some)) await once(connection.socket, 'drain');
        connection.socket.end();
      },
      { streaming: true },
    ),
  );
  return async (mib) => {
    const poured = { bytes: 0 };
    using client = await connect();
    client.say([UPGRADE[0], `Host: ${host}`, ...UPGRADE.slice(1)]);
    expect((await client.head()).status).toBe(101);
    const pouring = pour(client.socket, mib, 'length', poured);
    expect(await drink(client.stream, 'length', mib, poured)).toBe(String(mib * MIB));
    await pouring;
    client.end();
    expect((await client.stream.toEnd()).length).toBe(0);
  };
}

describe.each<{ name: string; make: () => Transfer; sizeMib: number }>([
  { name: 'an upload with a length', make: () => uploading('length'), sizeMib: BODY_MIB },
  { name: 'an upload in chunks', make: () => uploading('chunked'), sizeMib: BODY_MIB },
  { name: 'a download with a length', make: () => downloading('length'), sizeMib: BODY_MIB },
  { name: 'a download in chunks', make: () => downloading('chunked'), sizeMib: BODY_MIB },
  { name: 'a tunnel there and back', make: tunnelling, sizeMib: BODY_MIB / 4 },
])('$name', ({ name, make, sizeMib }) => {
  test(`of ${sizeMib} MiB to a slow peer costs the proxy less than 32 MiB`, { timeout: 300_000 }, async () => {
    const transfer = make();
    await transfer(WARM_UP_MIB);
    const before = stage.komainu.residentBytes();
    const began = performance.now();
    const peak = await peakBytesDuring(stage.komainu.pid, () => transfer(sizeMib));
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const [beforeMib, peakMib] = [before, peak].map((bytes) => (bytes / MIB).toFixed(1));
    console.log(
      `memory: ${name}: ${sizeMib} MiB in ${seconds} s; resident MiB: ${beforeMib} before, ${peakMib} at the peak`,
    );
    expect(peak - before).toBeLessThan(GROWTH_LIMIT);
  });
});

/** Who says, who hears, once the message between them has begun. */
interface Course {
  readonly client: RawClient;
  readonly from: SeenConnection | RawClient;
  readonly to: SeenConnection | RawClient;
}

const NEVER = 1_000_000_000;

/** `lines`: what the client asks with; `answer`: what the origin says at once. */
async function begin(lines: readonly string[], answer: string, up: boolean): Promise<Course> {
  const asked = Promise.withResolvers<SeenConnection>();
  const { host, connect } = stage.take(
    http(
      async (_, reply) => {
        if (answer !== '') reply.raw(answer);
        asked.resolve(reply.connection);
        await new Promise((resolve) => reply.connection.socket.once('close', resolve));
      },
      { streaming: true },
    ),
  );
  const client = await connect();
  client.say([lines[0], `Host: ${host}`, ...lines.slice(1)]);
  const origin = await asked.promise;
  if (answer !== '') await client.head();
  return { client, from: up ? client : origin, to: up ? origin : client };
}

const upload = (framing: Framing): Promise<Course> => begin(['PUT / HTTP/1.1', framingLine(framing, NEVER)], '', true);

const download = (framing: Framing): Promise<Course> =>
  begin(['GET / HTTP/1.1'], `HTTP/1.1 200 OK\r\n${framingLine(framing, NEVER)}\r\n\r\n`, false);

const tunnel = (up: boolean): Promise<Course> => begin(UPGRADE, SWITCH, up);

/**
 * Lets one side write on while the other takes a little now and then, and says for each standstill what is neither
 * with a peer nor in the kernel.
 */
async function heldBytes({ client, from, to }: Course, framing: Framing, rounds: number): Promise<readonly number[]> {
  const held: number[] = [];
  const upstream = [from, to].find((one) => one !== client) as SeenConnection;
  const connections = [client, upstream].map(({ socket }): PortPair => [socket.localPort!, socket.remotePort!]);
  drip(from.socket, framing);
  for (let round = 0; round < rounds; round++) {
    const queued = (): number => kernelQueuedBytes(connections) + to.socket.bytesRead;
    await standstill(() => from.socket.bytesWritten + to.socket.bytesRead);
    held.push(from.socket.bytesWritten - (await standstill(queued, 100))); // when all is acknowledged
    await to.stream.skip(MIB + round * 70_000);
  }
  return held;
}

// A connection from a client reads 64 KiB at a time, one to an endpoint 80.
describe.each<{ name: string; start: () => Promise<Course>; framing: Framing; limitKib: number }>([
  { name: 'an upload with a length', start: () => upload('length'), framing: 'length', limitKib: 64 },
  { name: 'an upload in chunks', start: () => upload('chunked'), framing: 'chunked', limitKib: 64 },
  { name: 'a download with a length', start: () => download('length'), framing: 'length', limitKib: 80 },
  { name: 'a download in chunks', start: () => download('chunked'), framing: 'chunked', limitKib: 80 },
  { name: 'a tunnel from the client', start: () => tunnel(true), framing: 'length', limitKib: 64 },
  { name: 'a tunnel from the origin', start: () => tunnel(false), framing: 'length', limitKib: 80 },
])('$name', ({ name, start, framing, limitKib }) => {
  test(`that nobody takes waits in the kernel: ${limitKib} KiB at most are with us`, { timeout: 180_000 }, async () => {
    const course = await start();
    using _ = course.client;
    const held = await heldBytes(course, framing, 4);
    console.log(`memory: ${name}: held at four standstills, in KiB: ${held.map((bytes) => Math.round(bytes / 1024))}`);
    expect(Math.max(...held)).toBeLessThan(limitKib * 1024 + UNSURE_BYTES);
  });
});
