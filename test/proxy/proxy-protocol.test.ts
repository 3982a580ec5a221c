import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { RawClient, requestBytes } from '../support/raw-client.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { line, summed, version2 } from '../unit/data/listen/proxy-protocol/headers.ts';

const REFUSED = 'komainu_failures_total{failure="proxy-header-refused",side="downstream"}';

const settings = `
listeners:
  - { name: http, port: 0 }
  - { name: behind, port: 0, proxyProtocol: required, from: [192.0.2.9, 127.0.0.0/8] }
  - { name: stranger, port: 0, proxyProtocol: required, from: [192.0.2.0/24, "2001:db8::/32"] }
`;

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(40, { settings });
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

const v1 = line('PROXY TCP4 203.0.113.7 198.51.100.2 56324 443');
const get = (host: string, target = '/') => requestBytes([`GET ${target} HTTP/1.1`, `Host: ${host}`]);

const behind = () => RawClient.connect(stage.komainu.port('behind'));

/** What the origin is told of the client. */
const told = ({ origin }: ReturnType<Stage['take']>) =>
  ['X-Forwarded-For', 'X-Real-IP', 'X-Forwarded-Port'].map((name) => origin.request.headerValues(name).join());

async function counted(name: string): Promise<number> {
  return (await stage.komainu.metrics()).get(name) ?? 0;
}

const IPV6 = '20010db8000000000000000000000007';

test.each([
  ['version 1', v1, '203.0.113.7', 443],
  ['version 1 over IPv6', line('PROXY TCP6 2001:DB8:0::7 ::1 56324 8443'), '2001:db8::7', 8443],
  ['version 2', version2({}), '192.0.2.1', 443],
  [
    'version 2 over IPv6',
    version2({ kind: 0x21, block: Buffer.from(`${IPV6}${IPV6}000001bb`, 'hex') }),
    '2001:db8::7',
    443,
  ],
  ['version 2 with a checksum', summed({}), '192.0.2.1', 443],
])('the client that a header of %s names is told to the origin', async (_, header, address, port) => {
  const scene = stage.take();
  using client = await behind();
  await client.write(Buffer.concat([header, get(scene.host)]));
  expect(await client.answer()).toMatchObject({ status: 200 });
  expect(told(scene)).toEqual([address, address, String(port)]);
});

test.each([
  ['UNKNOWN', line('PROXY UNKNOWN 203.0.113.7 198.51.100.2 56324 443')],
  ['LOCAL', version2({ command: 0x20 })],
  ['UNSPEC', version2({ kind: 0x00 })],
  ['UNIX', version2({ kind: 0x31, block: Buffer.alloc(216, 'x') })],
])('after %s the client is the peer itself', async (_, header) => {
  const scene = stage.take();
  using client = await behind();
  await client.write(Buffer.concat([header, get(scene.host)]));
  expect(await client.answer()).toMatchObject({ status: 200 });
  expect(told(scene)).toEqual(['127.0.0.1', '127.0.0.1', String(stage.komainu.port('behind'))]);
});

test('a header may come in two pieces split anywhere, the second one with the request', async () => {
  const scene = stage.take();
  const header = summed({});
  const whole = Buffer.concat([header, get(scene.host)]);
  const before = await counted('komainu_received_bytes_total');
  for (let size = 1; size < header.length + 4; size++) {
    using client = await behind();
    await client.write(whole.subarray(0, size));
    // The first piece is read before the second one is sent, or nothing would be split.
    const taken = before + (size - 1) * whole.length + size;
    await stage.komainu.until(
      'the first piece is read',
      async () => (await counted('komainu_received_bytes_total')) >= taken,
    );
    await client.write(whole.subarray(size));
    expect(await client.answer()).toMatchObject({ status: 200 });
  }
  for (const request of scene.origin.requests) expect(request.header('X-Forwarded-For')).toBe('192.0.2.1');
});

test('several requests and a body may come in one piece with the header', async () => {
  const { host, origin } = stage.take();
  using client = await behind();
  const post = requestBytes(['POST /2 HTTP/1.1', `Host: ${host}`, 'Content-Length: 4'], 'body');
  await client.write(Buffer.concat([v1, get(host, '/1'), post, get(host, '/3')]));
  for (const text of ['GET /1', 'POST /2', 'GET /3'])
    expect(await client.answer()).toMatchObject({ status: 200, text });
  expect(origin.requests.map((request) => request.header('X-Real-IP'))).toEqual(Array(3).fill('203.0.113.7'));
  expect(origin.requests[1].body?.bytes.toString()).toBe('body');
});

test('a connection stays with its client: requests after the first are told as the first was', async () => {
  const { host, origin } = stage.take();
  using client = await behind();
  await client.write(v1);
  for (let k = 0; k < 3; k++) {
    await client.write(get(host));
    expect(await client.answer()).toMatchObject({ status: 200 });
  }
  expect(origin.requests.map((request) => request.header('X-Forwarded-For'))).toEqual(Array(3).fill('203.0.113.7'));
});

test('a client may end its side right behind its request', async () => {
  const { host } = stage.take();
  using client = await behind();
  client.socket.write(Buffer.concat([v1, get(host)]));
  client.end();
  expect(await client.answer()).toMatchObject({ status: 200 });
  expect(await client.closed()).toBe('end');
});

test.each([
  ['a request without a header', get('h.test')],
  [
    'a port with a zero in front',
    Buffer.concat([line('PROXY TCP4 203.0.113.7 198.51.100.2 056324 443'), get('h.test')]),
  ],
  ['a line that never ends', Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`)],
  ['another version', version2({ command: 0x31 })],
  ['a wrong checksum', summed({}, Buffer.alloc(0), 1)],
  ['64 KiB of what might be a header', Buffer.concat([version2({ length: 0xffff }), Buffer.alloc(65_536)])],
])('%s: the connection is closed without a word, and counted', async (_, bytes) => {
  const before = await counted(REFUSED);
  using client = await behind();
  client.socket.write(bytes);
  await client.closed();
  expect(client.stream.bytesTaken).toBe(0);
  await stage.komainu.until('it is counted', async () => (await counted(REFUSED)) === before + 1);
});

test('a peer that may not connect is closed at once, whatever it would say, and counted', async () => {
  const before = await counted(REFUSED);
  using silent = await RawClient.connect(stage.komainu.port('stranger'));
  await silent.closed();
  using speaker = await RawClient.connect(stage.komainu.port('stranger'));
  speaker.socket.write(v1);
  await speaker.closed();
  expect(speaker.stream.bytesTaken).toBe(0);
  await stage.komainu.until('both are counted', async () => (await counted(REFUSED)) === before + 2);
});

test('half a header and no more: closed after five seconds, and counted', async () => {
  const before = await counted(REFUSED);
  const began = performance.now();
  using client = await behind();
  await client.write(v1.subarray(0, 20));
  expect(await client.closed()).toBe('end');
  const took = performance.now() - began;
  expect(took).toBeGreaterThan(4_800);
  await stage.komainu.until('it is counted', async () => (await counted(REFUSED)) === before + 1);
});

test('half a header and the end: counted; a look at the port: not', async () => {
  const before = await counted(REFUSED);
  using looker = await behind();
  looker.end();
  await looker.closed();
  using client = await behind();
  client.socket.write(v1.subarray(0, 20));
  client.end();
  await client.closed();
  using leaver = await behind();
  leaver.reset();
  await stage.komainu.until('it is counted', async () => (await counted(REFUSED)) >= before + 1);
  expect(await counted(REFUSED)).toBe(before + 1);
});

test('where no header is asked for, a header is no request', async () => {
  using client = await RawClient.connect(stage.komainu.port('http'));
  client.socket.write(Buffer.concat([v1, get('h.test')]));
  expect(await client.answer()).toMatchObject({ status: 400 });
});

test('every connection is given back', async () => {
  const open = () => counted('komainu_connections_open');
  await stage.komainu.until('those of other tests are gone', async () => (await open()) === 0);
  const clients: RawClient[] = [];
  for (let k = 0; k < 20; k++) clients.push(await behind());
  await stage.komainu.until('all are there', async () => (await open()) === 20);
  clients.forEach((client, k) => {
    if (k % 4 === 0) client.reset();
    else if (k % 4 === 1) client.socket.write('nonsense');
    else if (k % 4 === 2) client.socket.write(Buffer.concat([v1, Buffer.from('nonsense\r\n\r\n')]));
    else
      client.socket.write(
        Buffer.concat([v1, requestBytes(['GET / HTTP/1.1', 'Host: none.test', 'Connection: close'])]),
      );
    client.end();
  });
  await stage.komainu.until('none is left', async () => (await open()) === 0);
  for (const client of clients) client[Symbol.dispose]();
});

test('the program ends while headers are awaited', async () => {
  await using own = await startStage(1, { settings });
  const { host } = own.take();
  using silent = await RawClient.connect(own.komainu.port('behind'));
  using half = await RawClient.connect(own.komainu.port('behind'));
  await half.write(v1.subarray(0, 30));
  await own.komainu.until(
    'the half is read',
    async () => ((await own.komainu.metrics()).get('komainu_received_bytes_total') ?? 0) >= 30,
  );
  own.komainu.signal('SIGTERM');
  expect(await silent.closed()).toBe('end');
  await half.write(Buffer.concat([v1.subarray(30), get(host)]));
  const answer = await half.answer();
  expect([answer.status, answer.header('Connection')]).toEqual([200, 'close']);
  half.end();
  expect(await own.komainu.ended).toEqual({ code: 0, signal: null });
});
