import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { StreamEndedError } from '../support/byte-stream.ts';
import { canned, http } from '../support/origin.ts';
import { type Stage, startStage } from '../support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(50);
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

const malformed: readonly (readonly [what: string, answer: string])[] = [
  [
    'Content-Length beside Transfer-Encoding',
    'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['two different Content-Lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'],
  ['a Content-Length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nab'],
  ['a negative Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nab'],
  ['an encoding nobody knows', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n'],
  ['a folded line', 'HTTP/1.1 200 OK\r\nX-A: 1\r\n folded\r\nContent-Length: 0\r\n\r\n'],
  ['a bare LF', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
  ['a bare CR', 'HTTP/1.1 200 OK\r\nX-A: 1\rX-B: 2\r\nContent-Length: 0\r\n\r\n'],
  ['a NUL in a value', 'HTTP/1.1 200 OK\r\nX-A: \0\r\nContent-Length: 0\r\n\r\n'],
  ['a header without a colon', 'HTTP/1.1 200 OK\r\nX-A\r\nContent-Length: 0\r\n\r\n'],
  ['a space before a colon', 'HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a status below 100', 'HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n'],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ['HTTP/2.0', 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a head larger than allowed', `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(40_000)}\r\nContent-Length: 0\r\n\r\n`],
  ['more headers than allowed', `HTTP/1.1 200 OK\r\n${'X-A: 1\r\n'.repeat(200)}Content-Length: 0\r\n\r\n`],
  ['informational heads without end', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000)],
];

test.each(malformed)('an answer with %s is 502, and its connection is not used again', async (_, bytes) => {
  const { host, connect, origin } = stage.take(canned(bytes));
  using client = await connect();
  const answer = await client.ask(['GET / HTTP/1.1', `Host: ${host}`]);
  expect(answer.status).toBe(502);
  expect(answer.text).not.toContain('127.0.0.1');
  expect((await client.ask(['GET / HTTP/1.1', `Host: ${host}`])).status).toBe(502);
  expect(origin.connections).toHaveLength(2);
});

test.each([
  ['a size that is no number', 'x\r\nabcd\r\n0\r\n\r\n'],
  ['a chunk longer than its size', '4\r\nabcdef\r\n0\r\n\r\n'],
  ['bare LF', '4\nabcd\n0\n\n'],
])('a chunked answer with %s is cut, never ended in order', async (_, body) => {
  const { host, connect } = stage.take(canned(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`));
  using client = await connect();
  const answer = client.ask(['GET / HTTP/1.1', `Host: ${host}`]);
  await expect(answer).rejects.toBeInstanceOf(StreamEndedError);
});

test('bytes behind an answer are nobody’s: they never become the next answer', async () => {
  const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned';
  const { host, connect, origin } = stage.take(
    http((request, reply) => {
      const first = request.target === '/poison';
      reply.raw(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok${first ? poison : ''}`);
    }),
  );
  using client = await connect();
  expect((await client.ask(['GET /poison HTTP/1.1', `Host: ${host}`])).text).toBe('ok');
  expect((await client.ask(['GET /next HTTP/1.1', `Host: ${host}`])).text).toBe('ok');
  expect(origin.requests.at(-1)?.target).toBe('/next');
});

test('an origin that speaks on an idle connection loses it', async () => {
  const { get, origin } = stage.take();
  await get('/1');
  origin.connections[0].socket.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned');
  await stage.komainu.until('the connection is given up', () => origin.openConnections === 0);
  expect((await get('/2')).text).toBe('GET /2');
});

test('a body behind an answer to HEAD never becomes the next answer', async () => {
  const { host, connect } = stage.take(
    http(({ method, target }, reply) =>
      reply.raw(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n${method === 'HEAD' ? 'body' : target}`),
    ),
  );
  using client = await connect();
  expect(await client.ask(['HEAD /abc HTTP/1.1', `Host: ${host}`])).toMatchObject({ status: 200, text: '' });
  expect(await client.ask(['GET /abc HTTP/1.1', `Host: ${host}`])).toMatchObject({ status: 200, text: '/abc' });
});

test('an answer of HTTP/1.0 without a length ends with its connection', async () => {
  const { get } = stage.take(canned('HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold', { end: true }));
  expect(await get()).toMatchObject({ status: 200, text: 'old' });
});

test('an unknown status is passed on', async () => {
  const { get } = stage.take(canned('HTTP/1.1 599 Odd\r\nContent-Length: 3\r\n\r\nodd'));
  expect(await get()).toMatchObject({ status: 599, text: 'odd' });
});

test('an answer without a reason phrase is passed on', async () => {
  const { get } = stage.take(canned('HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok'));
  expect(await get()).toMatchObject({ status: 200, text: 'ok' });
});
