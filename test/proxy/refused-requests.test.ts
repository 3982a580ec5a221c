import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { http } from '../support/origin.ts';
import { type Stage, startStage } from '../support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(90, {
    args: ['--body-limit-bytes', '1000', '--target-limit-bytes', '1000', '--header-limit', '50'],
  });
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

/** Every request that is sent behind the refused one on the same connection; it must not be read as one. */
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n';

/** `HOST` stands for the host of the scene. */
const refused: readonly (readonly [what: string, status: number, request: string])[] = [
  [
    'Content-Length beside Transfer-Encoding',
    400,
    'POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'Transfer-Encoding beside Content-Length',
    400,
    'POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n',
  ],
  [
    'two different Content-Lengths',
    400,
    'POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd',
  ],
  ['a list of different Content-Lengths', 400, 'POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4, 5\r\n\r\nabcd'],
  ['Content-Length with a plus', 400, 'POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: +4\r\n\r\nabcd'],
  ['a negative Content-Length', 400, 'POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: -1\r\n\r\n'],
  ['a hexadecimal Content-Length', 400, 'POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0x4\r\n\r\nabcd'],
  ['an empty Content-Length', 400, 'POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length:\r\n\r\n'],
  [
    'a Content-Length with a space inside',
    400,
    'POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1 0\r\n\r\n0123456789',
  ],
  [
    'a Content-Length that no number holds',
    400,
    'POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 99999999999999999999\r\n\r\n',
  ],
  ['Transfer-Encoding: gzip', 400, 'POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: gzip\r\n\r\n'],
  [
    'Transfer-Encoding: chunked, gzip',
    400,
    'POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n',
  ],
  [
    'Transfer-Encoding: chunked twice',
    400,
    'POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['Transfer-Encoding: xchunked', 400, 'POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
  [
    'Transfer-Encoding with a vertical tab',
    400,
    'POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'Transfer-Encoding in HTTP/1.0',
    400,
    'POST / HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a space before the colon', 400, 'POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length : 4\r\n\r\nabcd'],
  ['a folded line', 400, 'GET / HTTP/1.1\r\nHost: HOST\r\nX-A: 1\r\n folded\r\n\r\n'],
  ['a folded first line', 400, 'GET / HTTP/1.1\r\n X-A: 1\r\nHost: HOST\r\n\r\n'],
  [
    'a folded Transfer-Encoding',
    400,
    'POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n',
  ],
  ['line ends of bare LF', 400, 'GET / HTTP/1.1\nHost: HOST\n\n'],
  ['one header that ends with a bare LF', 400, 'GET / HTTP/1.1\r\nHost: HOST\r\nX-A: 1\nX-B: 2\r\n\r\n'],
  ['a bare CR in a value', 400, 'GET / HTTP/1.1\r\nHost: HOST\r\nX-A: 1\rX-B: 2\r\n\r\n'],
  ['a NUL in a value', 400, 'GET / HTTP/1.1\r\nHost: HOST\r\nX-A: 1\0\r\n\r\n'],
  ['a NUL in a name', 400, 'GET / HTTP/1.1\r\nHost: HOST\r\nX-A\0: 1\r\n\r\n'],
  ['a header without a colon', 400, 'GET / HTTP/1.1\r\nHost: HOST\r\nX-A\r\n\r\n'],
  ['a header without a name', 400, 'GET / HTTP/1.1\r\nHost: HOST\r\n: 1\r\n\r\n'],
  ['no Host', 400, 'GET / HTTP/1.1\r\nX-A: 1\r\n\r\n'],
  ['two Hosts', 400, 'GET / HTTP/1.1\r\nHost: HOST\r\nHost: other.test\r\n\r\n'],
  ['a Host with a path', 400, 'GET / HTTP/1.1\r\nHost: HOST/x\r\n\r\n'],
  ['a Host with a user', 400, 'GET / HTTP/1.1\r\nHost: user@HOST\r\n\r\n'],
  ['a Host with a space', 400, 'GET / HTTP/1.1\r\nHost: HOST other.test\r\n\r\n'],
  ['a Host with a bad port', 400, 'GET / HTTP/1.1\r\nHost: HOST:x\r\n\r\n'],
  ['two spaces in the request line', 400, 'GET  / HTTP/1.1\r\nHost: HOST\r\n\r\n'],
  ['a target with a space', 400, 'GET /a b HTTP/1.1\r\nHost: HOST\r\n\r\n'],
  ['a target with a fragment', 400, 'GET /a#b HTTP/1.1\r\nHost: HOST\r\n\r\n'],
  ['a target without a slash', 400, 'GET a HTTP/1.1\r\nHost: HOST\r\n\r\n'],
  ['a target with a NUL', 400, 'GET /a\0 HTTP/1.1\r\nHost: HOST\r\n\r\n'],
  ['a target with a byte above 127', 400, 'GET /\xe9 HTTP/1.1\r\nHost: HOST\r\n\r\n'],
  ['a target with a broken escape', 400, 'GET /%zz HTTP/1.1\r\nHost: HOST\r\n\r\n'],
  ['an escaped NUL', 400, 'GET /%00 HTTP/1.1\r\nHost: HOST\r\n\r\n'],
  ['a path that leaves the root', 400, 'GET /../../etc HTTP/1.1\r\nHost: HOST\r\n\r\n'],
  ['no version', 400, 'GET /\r\nHost: HOST\r\n\r\n'],
  ['a version in small letters', 400, 'GET / http/1.1\r\nHost: HOST\r\n\r\n'],
  ['HTTP/2.0', 505, 'GET / HTTP/2.0\r\nHost: HOST\r\n\r\n'],
  ['the preface of HTTP/2', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['CONNECT', 501, 'CONNECT HOST:443 HTTP/1.1\r\nHost: HOST:443\r\n\r\n'],
  ['TRACE', 405, 'TRACE / HTTP/1.1\r\nHost: HOST\r\n\r\n'],
  ['a method that is no token', 400, 'G(T / HTTP/1.1\r\nHost: HOST\r\n\r\n'],
  ['an expectation nobody knows', 417, 'GET / HTTP/1.1\r\nHost: HOST\r\nExpect: miracles\r\n\r\n'],
  ['a target longer than allowed', 414, `GET /${'a'.repeat(1100)} HTTP/1.1\r\nHost: HOST\r\n\r\n`],
  ['a head larger than allowed', 431, `GET / HTTP/1.1\r\nHost: HOST\r\nX-A: ${'a'.repeat(40_000)}\r\n\r\n`],
  ['more headers than allowed', 431, `GET / HTTP/1.1\r\nHost: HOST\r\n${'X-A: 1\r\n'.repeat(60)}\r\n`],
  [
    'a length larger than allowed',
    413,
    `POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1001\r\n\r\n${'a'.repeat(1001)}`,
  ],
];

test.each(refused)('%s is refused with %i, and nothing reaches a backend', async (_, status, request) => {
  const { host, connect, origin } = stage.take();
  using client = await connect();
  await client.write((request + SMUGGLED).replaceAll('HOST', host));
  const answer = await client.answer(request.split(' ')[0]);
  expect(answer.status).toBe(status);
  expect(answer.header('Connection')).toBe('close');
  expect(answer.header('Content-Type')).toBe('text/plain; charset=utf-8');
  expect(await client.closed()).toBe('end');
  expect(origin.connections).toHaveLength(0);
});

/** The head is in order and goes upstream; the body then breaks its own framing. */
const broken: readonly (readonly [what: string, status: number, body: string])[] = [
  ['a chunk size that is no number', 400, 'x\r\nabcd\r\n0\r\n\r\n'],
  ['a chunk size with a sign', 400, '+4\r\nabcd\r\n0\r\n\r\n'],
  ['a chunk size with 0x', 400, '0x4\r\nabcd\r\n0\r\n\r\n'],
  ['an empty chunk size', 400, '\r\nabcd\r\n0\r\n\r\n'],
  ['a chunk size that no number holds', 400, 'fffffffffffffffff\r\nabcd\r\n0\r\n\r\n'],
  ['a chunk longer than its size', 400, '4\r\nabcde\r\n0\r\n\r\n'],
  ['chunk lines of bare LF', 400, '4\nabcd\n0\n\n'],
  ['an extension with a bare LF', 400, '4;a\nb\r\nabcd\r\n0\r\n\r\n'],
  ['a trailer that is no header', 400, '4\r\nabcd\r\n0\r\nno header\r\n\r\n'],
  ['a chunk size line without end', 400, `4;${'a'.repeat(100_000)}`],
  ['more bytes than allowed', 413, `${'3e9'}\r\n${'a'.repeat(1001)}\r\n0\r\n\r\n`],
];

test.each(broken)(
  'a chunked body with %s is refused with %i and is never whole at the origin',
  async (_, status, body) => {
    const { host, connect, origin } = stage.take(
      http(
        async (request, reply) => {
          const rest = await reply.stream.toEnd().catch(() => Buffer.alloc(0));
          request.body = { bytes: rest, framing: 'chunked', trailers: [] };
        },
        { streaming: true },
      ),
    );
    using client = await connect();
    await client.write(
      `POST / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n${body}${SMUGGLED.replace('HOST', host)}`,
    );
    const answer = await client.answer();
    expect(answer.status).toBe(status);
    expect(answer.header('Connection')).toBe('close');
    expect(await client.closed()).toBe('end');
    await stage.komainu.until('the origin connection is closed', () => origin.openConnections === 0);
    for (const request of origin.requests)
      expect(request.body?.bytes.toString() ?? '').not.toMatch(/0\r\n\r\n$|smuggled/);
  },
);

test('one refused request harms no other connection', async () => {
  const { host, connect } = stage.take();
  using good = await connect();
  using bad = await connect();
  expect((await good.ask(['GET / HTTP/1.1', `Host: ${host}`])).status).toBe(200);
  await bad.write('nonsense\r\n\r\n');
  expect((await bad.answer()).status).toBe(400);
  expect((await good.ask(['GET / HTTP/1.1', `Host: ${host}`])).status).toBe(200);
});

test('what was asked before the refused request on the same connection is still answered', async () => {
  const { host, connect, origin } = stage.take();
  using client = await connect();
  await client.write(`GET /good HTTP/1.1\r\nHost: ${host}\r\n\r\nbad\r\n\r\n`);
  expect(await client.answer()).toMatchObject({ status: 200, text: 'GET /good' });
  expect((await client.answer()).status).toBe(400);
  expect(origin.requests).toHaveLength(1);
});

test('empty lines before a request are skipped', async () => {
  const { host, connect } = stage.take();
  using client = await connect();
  await client.write(`\r\nGET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  expect((await client.answer()).status).toBe(200);
});

test('an endless head costs no more than its limit, and its sender is cut off', async () => {
  const { connect } = stage.take();
  using client = await connect();
  const before = stage.komainu.residentBytes();
  const pouring = client.write(Buffer.alloc(20_000_000, 'a')).catch(() => {});
  await client.closed();
  await pouring;
  expect(stage.komainu.residentBytes() - before).toBeLessThan(50_000_000);
});
