import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { documents, ingress } from '../support/manifests.ts';
import { canned, startOrigin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { type Stage, startStage, withHost } from '../support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(10);
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

const withTrailers = (...lines: readonly string[]): string =>
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

test('trailers of an answer reach a client that says TE: trailers, and the origin hears that it does', async () => {
  const { host, connect, origin } = stage.take(canned(withTrailers('X-Sum: 42', 'X-Time:  1 ms')));
  using client = await connect();
  const answer = await client.ask(['GET / HTTP/1.1', `Host: ${host}`, 'TE: trailers', 'Connection: TE']);
  expect(answer).toMatchObject({
    status: 200,
    text: 'ok',
    trailers: [
      ['X-Sum', '42'],
      ['X-Time', '1 ms'],
    ],
  });
  expect((await client.ask(['GET / HTTP/1.1', `Host: ${host}`])).trailers).toEqual([]);
  expect(origin.connections).toHaveLength(1);
});

test.each([
  ['TE: trailers', ['X-Sum', 'X-Time, X-Count']],
  ['TE: gzip', []],
])('Trailer lines of an answer are passed on with the trailers alone (%s)', async (te, values) => {
  const { ask } = stage.take(
    canned(
      'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\nTrailer: X-Time, X-Count\r\n\r\n' +
        '0\r\nX-Sum: 1\r\n\r\n',
    ),
  );
  expect((await ask(['GET / HTTP/1.1', te])).headerValues('Trailer')).toEqual(values);
});

test('an answer that is not chunked has no Trailer line', async () => {
  const { ask } = stage.take(canned('HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nContent-Length: 2\r\n\r\nok'));
  expect((await ask(['GET / HTTP/1.1', 'TE: trailers'])).headerValues('Trailer')).toEqual([]);
});

test('TE: trailers goes on, as an option of the connection that it belongs to', async () => {
  const { ask, origin } = stage.take();
  await ask(['GET / HTTP/1.1', 'TE: gzip, trailers']);
  expect(origin.request.headerValues('TE')).toEqual(['trailers']);
  expect(origin.request.headerValues('Connection')).toEqual(['TE']);
});

test('a client that does not ask for trailers gets none', async () => {
  const { ask } = stage.take(canned(withTrailers('X-Sum: 42')));
  expect(await ask(['GET / HTTP/1.1', 'TE: gzip'])).toMatchObject({ text: 'ok', framing: 'chunked', trailers: [] });
});

test('a client of HTTP/1.0 gets no trailers, whatever it says', async () => {
  const { ask, origin } = stage.take(async ({ stream, socket }) => {
    while ((await stream.head()) !== undefined) socket.write(withTrailers('X-Sum: 42'));
  });
  expect(await ask(['GET / HTTP/1.0', 'TE: trailers'])).toMatchObject({ text: 'ok', framing: 'until-close' });
  expect(origin.connections).toHaveLength(1);
});

test('what belongs into a head is not passed on in a trailer', async () => {
  const refused = [
    'Content-Length: 9',
    'Transfer-Encoding: chunked',
    'Host: evil.test',
    'Set-Cookie: a=b',
    'Authorization: Basic eDp5',
    'Connection: close',
    'X-Forwarded-For: 1.2.3.4',
    'Cache-Control: public',
    'content_type: text/html',
    'Trailer: X-Sum',
  ];
  const { ask } = stage.take(canned(withTrailers('X-A: 1', ...refused, 'X-B: 2')));
  const answer = await ask(['GET / HTTP/1.1', 'TE: trailers']);
  expect(answer.trailers).toEqual([
    ['X-A', '1'],
    ['X-B', '2'],
  ]);
});

const POST = ['POST / HTTP/1.1', 'Transfer-Encoding: chunked', 'Trailer: X-Sum', 'trailer: Content-Length'];
const BODY = '2\r\nok\r\n0\r\nX-Sum: 42\r\nContent-Length: 9\r\n\r\n';

test('trailers of a request end here', async () => {
  const { ask, origin } = stage.take();
  expect((await ask(POST, BODY)).status).toBe(200);
  expect(origin.request.body).toMatchObject({ framing: 'chunked', trailers: [] });
  expect(origin.request.headerValues('Trailer')).toEqual([]);
});

test('trailers of a request go on where the Service says so, without those that belong into a head', async () => {
  const { komainu } = stage;
  await using origin = await startOrigin();
  const host = 'trailing.test';
  const annotations = { 'komainu.dev/endpoints': `127.0.0.1:${origin.port}`, 'komainu.dev/request-trailers': 'pass' };
  const trailing = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'trailing', annotations } };
  const objects = [
    ingress('trailing', [{ host, service: 'trailing' }]),
    { ...trailing, spec: { ports: [{ port: 80 }] } },
  ];
  await komainu.write('trailing.yaml', documents(...objects));
  await komainu.routed(host);
  using client = await RawClient.connect(komainu.port());
  expect((await client.ask(withHost(POST, host), BODY)).status).toBe(200);
  expect((await client.ask(withHost(POST, host), '0\r\n\r\n')).status).toBe(200);
  const [first, second] = origin.requests;
  expect(first.body).toMatchObject({ framing: 'chunked', trailers: [['X-Sum', '42']] });
  expect(first.headerValues('Trailer')).toEqual(['X-Sum', 'Content-Length']);
  expect(second.body).toMatchObject({ framing: 'chunked', trailers: [] });
});
