import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { canned } from '../support/origin.ts';
import { type Stage, startStage } from '../support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(20);
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

test.each([
  ['Keep-Alive', 'timeout=5'],
  ['Proxy-Connection', 'keep-alive'],
  ['TE', 'gzip'],
  ['Trailer', 'X-Sum'],
])('%s of a request belongs to the connection and is not sent on', async (name, value) => {
  const { ask, origin } = stage.take();
  const answer = await ask(['GET / HTTP/1.1', `${name}: ${value}`, 'X-Kept: yes']);
  expect(answer.status).toBe(200);
  expect(origin.request.header(name)).toBeUndefined();
  expect(origin.request.header('X-Kept')).toBe('yes');
});

test('headers that Connection names are not sent on, in any case of letters and on any line', async () => {
  const { ask, origin } = stage.take();
  await ask([
    'GET / HTTP/1.1',
    'X-Private: 1',
    'Connection: keep-alive, x-private',
    'X-SECRET: 2',
    'connection: X-Secret',
    'X-Kept: yes',
  ]);
  for (const name of ['X-Private', 'X-Secret', 'Connection']) expect(origin.request.header(name)).toBeUndefined();
  expect(origin.request.header('X-Kept')).toBe('yes');
});

test('Connection cannot make the proxy drop what routes and frames the request', async () => {
  const { ask, origin } = stage.take();
  const answer = await ask(
    ['POST / HTTP/1.1', 'Connection: Host, Content-Length, X-Forwarded-For', 'Content-Length: 2'],
    'ab',
  );
  if (answer.status === 400) return expect(origin.requests).toHaveLength(0);
  expect(answer.status).toBe(200);
  expect(origin.request.header('Content-Length')).toBe('2');
  expect(origin.request.header('X-Forwarded-For')).toBe('127.0.0.1');
});

test.each([
  'Connection: X-Private, close',
  'Connection: keep-alive',
  'Keep-Alive: timeout=5',
  'Proxy-Connection: keep-alive',
  'Trailer: X-Sum',
])('%s of an answer belongs to the connection and is not sent on', async (line) => {
  const { get } = stage.take(
    canned(`HTTP/1.1 200 OK\r\n${line}\r\nX-Private: 1\r\nX-Kept: yes\r\nContent-Length: 2\r\n\r\nok`),
  );
  const answer = await get();
  expect(answer).toMatchObject({ status: 200, text: 'ok' });
  const [name] = line.split(':');
  expect(answer.header(name)).toBeUndefined();
  expect(answer.header('X-Private')).toBe(line.includes('X-Private') ? undefined : '1');
  expect(answer.header('X-Kept')).toBe('yes');
});

test('the origin learns the client from the proxy alone, whatever the client says', async () => {
  const { host, ask, origin, port } = stage.take();
  await ask([
    'GET / HTTP/1.1',
    'X-Forwarded-For: 1.2.3.4',
    'X-Forwarded-For: 5.6.7.8',
    'x-forwarded-proto: https',
    'X-FORWARDED-HOST: evil.test',
    'X-Forwarded-Port: 443',
    'X-Real-Ip: 9.9.9.9',
  ]);
  const { headerValues } = origin.request;
  expect(headerValues('X-Forwarded-For')).toEqual(['127.0.0.1']);
  expect(headerValues('X-Forwarded-Proto')).toEqual(['http']);
  expect(headerValues('X-Forwarded-Host')).toEqual([host]);
  expect(headerValues('X-Forwarded-Port')).toEqual([String(port)]);
  expect(headerValues('X-Real-IP')).toEqual(['127.0.0.1']);
});

test('an underscore does not make a forwarded header out of another', async () => {
  const { ask, origin } = stage.take();
  const answer = await ask(['GET / HTTP/1.1', 'X_Forwarded_For: 1.2.3.4', 'X_Real_IP: 1.2.3.4']);
  expect(answer.status).toBe(200);
  expect(origin.request.headerValues('X-Forwarded-For')).toEqual(['127.0.0.1']);
});

test('other headers arrive as they were written: order, case, spaces inside, bytes above 127', async () => {
  const { ask, origin } = stage.take();
  await ask(['GET / HTTP/1.1', 'x-b: 2', 'X-A:1', 'X-B:  two  words ', 'X-Latin: caf\xe9', 'X-Empty:', '__proto__: p']);
  const own = origin.request.headers.filter(([name]) => /^(x-[abel]|__proto__)/i.test(name));
  expect(own.filter(([name]) => !/^x-forwarded/i.test(name))).toEqual([
    ['x-b', '2'],
    ['X-A', '1'],
    ['X-B', 'two  words'],
    ['X-Latin', 'caf\xe9'],
    ['X-Empty', ''],
    ['__proto__', 'p'],
  ]);
});

test('nothing is added to an answer but what framing needs', async () => {
  const { get } = stage.take(canned('HTTP/1.1 200 Fine\r\nServer: own\r\nDate: x\r\nContent-Length: 2\r\n\r\nok'));
  expect((await get()).raw).toBe('HTTP/1.1 200 Fine\r\nServer: own\r\nDate: x\r\nContent-Length: 2\r\n\r\n');
});

test('an answer without Date gets one, as it is now', async () => {
  const { host, connect } = stage.take(canned('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  using client = await connect();
  for (let i = 0; i < 2; i++) {
    const [date, ...more] = (await client.ask(['GET / HTTP/1.1', `Host: ${host}`])).headerValues('Date');
    expect(more).toEqual([]);
    expect(date).toBe(new Date(date).toUTCString());
    expect(Math.abs(Date.parse(date) - Date.now())).toBeLessThan(5000);
  }
});

test('of two Date lines of an answer the first is passed on', async () => {
  const { get } = stage.take(
    canned(
      'HTTP/1.1 200 OK\r\nDate: one\r\nX-A: 1\r\ndate: two\r\nX-B: 2\r\nConnection: Date\r\nContent-Length: 0\r\n\r\n',
    ),
  );
  expect((await get()).raw).toBe('HTTP/1.1 200 OK\r\nDate: one\r\nX-A: 1\r\nX-B: 2\r\nContent-Length: 0\r\n\r\n');
});

test('103 gets no Date', async () => {
  const { host, connect } = stage.take(
    canned('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
  );
  using client = await connect();
  client.say(['GET / HTTP/1.1', `Host: ${host}`]);
  expect((await client.head()).raw).toBe('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
  expect((await client.head()).raw).toMatch(/Date: /);
});

test('a request without Host of HTTP/1.0 reaches the default route with a Host of its own', async () => {
  const scene = stage.take();
  using client = await scene.connect();
  expect((await client.ask(['GET / HTTP/1.0'])).status).toBe(404);
});
