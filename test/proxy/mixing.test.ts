import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { newSeed, seededDice } from '../support/dice.ts';
import { documents, ingress, service } from '../support/manifests.ts';
import { type HeaderList, headerOf, parseHead, readBody } from '../support/message.ts';
import { type Handler, http, type Reply, type SeenRequest, startOrigin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { startKomainu } from '../support/start-komainu.ts';

type Dice = (limit: number) => number;

/** Client connections that are open at the same time; each makes this many requests. */
const LANES = Number(process.env.KOMAINU_MIXING_LANES ?? 200);
const REQUESTS = Number(process.env.KOMAINU_MIXING_REQUESTS ?? 24);
const HOSTS = ['plain.test', 'bound.test', 'sticky.test'] as const;
const SIZES = [0, 1, 7, 300, 4_000, 30_000, 70_000, 200_000];
/** More than the kernel takes for a peer that does not read: the rest waits in our own buffers. */
const HEAVY_BYTES = 6_000_000;
const HEAVY_EVERY = 25;
const STALL_MS = 150;

/** Every byte says whose it is and, by the unit's length, where it stands. */
const marked = (tag: string, size: number): Buffer => Buffer.alloc(size, `<${tag}>`);

const sizeFrom = (dice: Dice): number => SIZES[dice(SIZES.length - dice(4))] + dice(3);

function chunked(body: Buffer, dice: Dice, trailers: string): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const size = 1 + dice(dice(3) === 0 ? 40 : 20_000);
    const piece = body.subarray(at, at + size);
    pieces.push(
      Buffer.from(`${piece.length.toString(16)}${dice(3) === 0 ? ';x=y' : ''}\r\n`),
      piece,
      Buffer.from('\r\n'),
    );
    at += piece.length;
  }
  return Buffer.concat([...pieces, Buffer.from(`0\r\n${trailers}\r\n`)]);
}

interface Asked {
  readonly tag: string;
  readonly bytes: Buffer;
  readonly method: string;
  readonly fill: number;
  readonly down: number;
}

function newRequest(tag: string, host: string, dice: Dice, heavy = false): Asked {
  const method = heavy ? 'PUT' : ['GET', 'POST', 'PUT', 'HEAD'][dice(dice(4) === 0 ? 4 : 2)];
  const withBody = method !== 'GET' && method !== 'HEAD';
  const up = heavy ? HEAVY_BYTES : withBody ? sizeFrom(dice) : 0;
  const down = heavy ? HEAVY_BYTES : sizeFrom(dice);
  const fill = dice(2) === 0 ? 0 : dice(6_000);
  const body = marked(tag, up);
  const isChunked = up > 0 && dice(2) === 0;
  const lines = [
    `${method} /${tag}/${'%61'.repeat(dice(3))} HTTP/1.1`,
    `Host: ${host}`,
    `X-Tag: ${tag}`,
    `X-Fill: ${marked(tag, fill)}`,
    `X-Down: ${down}`,
    `X-Seed: ${dice(2 ** 30)}`,
    'TE: trailers',
    isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${up}`,
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
  return {
    tag,
    method,
    fill,
    down,
    bytes: Buffer.concat([head, isChunked ? chunked(body, dice, `X-Sum: ${tag}\r\n`) : body]),
  };
}

const same = (what: string, got: Buffer | string, wanted: Buffer | string): void => {
  if (!Buffer.from(got as string).equals(Buffer.from(wanted as string))) {
    const text = (bytes: Buffer | string): string => `${bytes.length} bytes, ${bytes.toString().slice(0, 60)}`;
    throw new Error(`${what}: got ${text(got)}; wanted ${text(wanted)}`);
  }
};

/** The endpoint's half: judges every byte of the request and marks every byte of its answer. */
function endpoint(asked: Map<string, number>, bound: boolean): Handler {
  return async (request, reply) => {
    const tag = request.header('x-tag') as string;
    same('target', request.target, `/${tag}/${'a'.repeat(request.target.length - tag.length - 2)}`);
    const fill = request.header('x-fill') as string;
    same('request fill', fill, marked(tag, fill.length));
    const dice = seededDice(Number(request.header('x-seed')));
    const times = asked.get(tag) ?? 0;
    asked.set(tag, times + 1);
    if (request.header('upgrade') !== undefined) return echoMarked(reply, tag);
    // A kept connection that turns out to be gone: the request comes once more, on another one.
    if (!bound && request.method === 'GET' && times === 0 && reply.connection.requests > 1 && dice(6) === 0) {
      return reply.connection.socket.destroy() as unknown as undefined;
    }
    if (dice(5) === 0) reply.raw(`HTTP/1.1 103 Early Hints\r\nX-Tag: ${tag}\r\n\r\n`);
    if (request.header('x-down') === String(HEAVY_BYTES)) await pause(STALL_MS);
    const body = await readBody(reply.stream, request.headers, 'none');
    same('request body', body.bytes, marked(tag, body.bytes.length));
    for (const [, value] of body.trailers) same('request trailer', value, tag);
    await answer(request, reply, tag, dice);
  };
}

async function answer(request: SeenRequest, reply: Reply, tag: string, dice: Dice): Promise<void> {
  const own = `a${tag}`;
  const body = marked(own, Number(request.header('x-down')));
  const form = dice(8);
  const framing =
    form === 0 ? 'Connection: close' : form < 4 ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`;
  const head = `HTTP/1.1 200 OK\r\nX-Tag: ${tag}\r\nX-Fill: ${marked(own, dice(4_000))}\r\n${framing}\r\n\r\n`;
  const framed = form > 0 && form < 4 ? chunked(body, dice, `X-Sum: ${tag}\r\n`) : body;
  const bytes = request.method === 'HEAD' ? Buffer.from(head) : Buffer.concat([Buffer.from(head), framed]);
  await writeSplit(reply.connection.socket, bytes, dice);
  if (form === 0) reply.end();
}

/** Says of each of the client's bytes that it came, in marks of its own. */
async function echoMarked(reply: Reply, tag: string): Promise<void> {
  reply.raw(`HTTP/1.1 101 Switching\r\nX-Tag: ${tag}\r\nConnection: upgrade\r\nUpgrade: marks\r\n\r\n`);
  const size = 100_000;
  const read = reply.stream.exactly(size);
  reply.raw(marked(`a${tag}`, size));
  same('tunnel', await read, marked(tag, size));
  reply.end();
}

/** In up to eight pieces, some of them a turn apart. */
async function writeSplit(socket: RawClient['socket'], bytes: Buffer, dice: Dice): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const end = dice(3) === 0 ? bytes.length : at + 1 + dice(bytes.length - at);
    socket.write(bytes.subarray(at, end));
    at = end;
    if (dice(2) === 0) await nextTurn();
  }
}

/** One client connection: up to four requests at a time, answers read at its own pace, each byte judged. */
async function lane(port: number, index: number, seed: number): Promise<void> {
  const dice = seededDice(seed + index);
  const host = HOSTS[dice(HOSTS.length)];
  using client = await RawClient.connect(port);
  for (let done = 0; done < REQUESTS; ) {
    const batch = Array.from({ length: Math.min(1 + dice(4), REQUESTS - done) }, (_, i) =>
      newRequest(`${index}.${done + i}`, host, dice, index % HEAVY_EVERY === 0 && done + i === 1),
    );
    done += batch.length;
    const written = writeSplit(client.socket, Buffer.concat(batch.map(({ bytes }) => bytes)), dice);
    for (const asked of batch) await judgeAnswer(client, asked, dice);
    await written;
  }
  await judgeTunnel(client, `${index}.t`, host);
}

async function judgeAnswer(client: RawClient, asked: Asked, dice: Dice): Promise<void> {
  const { tag, method, down } = asked;
  if (down === HEAVY_BYTES) await pause(STALL_MS);
  else if (dice(10) === 0) await pause(dice(60));
  let headers: HeaderList;
  let startLine: string;
  do {
    ({ headers, startLine } = parseHead((await client.stream.head()) ?? fail(`${tag}: no answer`)));
    if (headerOf(headers, 'x-tag') !== tag) fail(`${tag}: ${startLine} ${JSON.stringify(headers).slice(0, 300)}`);
  } while (startLine.startsWith('HTTP/1.1 103'));
  const fill = headerOf(headers, 'x-fill') as string;
  same('answer fill', fill, marked(`a${tag}`, fill.length));
  if (method === 'HEAD') return;
  const body = await readBody(client.stream, headers, 'until-close');
  same(`answer ${tag}`, body.bytes, marked(`a${tag}`, down));
  for (const [, value] of body.trailers) same('answer trailer', value, tag);
}

async function judgeTunnel(client: RawClient, tag: string, host: string): Promise<void> {
  const size = 100_000;
  const lines = [`GET /${tag}/ HTTP/1.1`, `Host: ${host}`, `X-Tag: ${tag}`, 'X-Fill: ', 'X-Seed: 1'];
  client.say([...lines, 'Connection: upgrade', 'Upgrade: marks'], marked(tag, size)); // early bytes
  const { headers } = await client.head();
  same('tunnel head', headerOf(headers, 'x-tag') as string, tag);
  same('tunnel answer', await client.stream.exactly(size), marked(`a${tag}`, size));
}

/** Breaks off somewhere, so that what was gathered for it has nowhere to go. */
async function brokenLane(port: number, index: number, seed: number): Promise<void> {
  const dice = seededDice(seed - index);
  for (let i = 0; i < REQUESTS / 2; i++) {
    const client = await RawClient.connect(port);
    const { bytes } = newRequest(`b${index}.${i}`, HOSTS[dice(HOSTS.length)], dice);
    const whole = dice(2) === 0;
    client.socket.write(whole ? bytes : bytes.subarray(0, dice(bytes.length)));
    if (whole && dice(2) === 0) await client.stream.some().catch(() => {});
    else await nextTurn();
    client.reset();
  }
}

function fail(text: string): never {
  throw new Error(text);
}

test('no byte of one client reaches another, nor another place of its own messages', { timeout: 300_000 }, async () => {
  const seed = newSeed();
  const asked = new Map<string, number>();
  const origins = await Promise.all(
    [false, false, false, true, true].map((bound) =>
      startOrigin(async (connection, index, origin) => {
        if (bound) await connection.stream.line(); // the PROXY header
        return http(endpoint(asked, bound), { streaming: true })(connection, index, origin);
      }),
    ),
  );
  const ports = origins.map((origin) => origin.port);
  const annotated = (name: string, endpoints: number[], annotations: object): object => {
    const one = service(name, endpoints) as { metadata: { annotations: object } };
    Object.assign(one.metadata.annotations, { 'komainu.dev/request-trailers': 'pass', ...annotations });
    return one;
  };
  await using komainu = await startKomainu({
    shards: 1,
    args: ['--eject-after-failures', '0'],
    manifests: {
      'mixing.yaml': documents(
        ...HOSTS.map((host) => ingress(host.slice(0, -5), [{ host, service: host.slice(0, -5) }])),
        annotated('plain', ports.slice(0, 3), {}),
        annotated('bound', ports.slice(3), { 'komainu.dev/proxy-protocol': 'v1' }),
        annotated('sticky', ports.slice(0, 3), { 'komainu.dev/load-balancing': 'cookie stay' }),
      ),
    },
  });
  const port = komainu.port();
  const whole = Array.from({ length: LANES }, (_, i) => lane(port, i, seed));
  const broken = Array.from({ length: LANES / 4 }, (_, i) => brokenLane(port, i, seed));
  const results = await Promise.allSettled([...whole, ...broken]);
  const faults = results.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
  expect(faults, `seed ${seed}`).toEqual([]);
  const inOrigins = origins
    .flatMap((origin) => origin.faults.map(String))
    .filter((text) => !/ended|end before|reset before/.test(text));
  expect(inOrigins, `seed ${seed}`).toEqual([]);
  for (const origin of origins) await origin.close();
});
