import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RawClient } from '../support/raw-client.ts';
import { type Stage, startStage, withHost } from '../support/stage.ts';

/** What an origin is told about the client, by name in small letters, in the order of the lines. */
const told = (headers: readonly (readonly [string, string])[]): [string, string][] =>
  headers
    .filter(([name]) => /^(x-forwarded-|x-real-ip|forwarded|proxy)/i.test(name.replaceAll('_', '-')))
    .map(([name, value]) => [name.toLowerCase(), value]);

describe('behind proxies that are trusted', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage(10, { args: ['--trusted-proxies', '127.0.0.1,10.0.0.0/8,2001:db8::/32'] });
  });
  afterEach(() => expect(stage.faults()).toEqual([]));
  afterAll(() => stage[Symbol.asyncDispose]());

  test('what they say of the client stays, and their own address is added', async () => {
    const { ask, origin } = stage.take();
    await ask([
      'GET / HTTP/1.1',
      'X-Forwarded-For: 192.0.2.7',
      'X-Forwarded-Proto: https',
      'x-forwarded-host: shop.test',
      'X-Forwarded-Port: 443',
      'X-Real-IP: 192.0.2.7',
      'X-Forwarded-Server: edge',
      'X-Kept: yes',
    ]);
    expect(Object.fromEntries(told(origin.request.headers))).toEqual({
      'x-forwarded-for': '192.0.2.7, 127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'shop.test',
      'x-forwarded-port': '443',
      'x-real-ip': '192.0.2.7',
      'x-forwarded-server': 'edge',
    });
    expect(told(origin.request.headers)).toHaveLength(6);
    expect(origin.request.header('X-Kept')).toBe('yes');
  });

  test('several X-Forwarded-For lines become one, and what was not said is added', async () => {
    const { host, ask, origin, port } = stage.take();
    await ask([
      'GET / HTTP/1.1',
      'X-Forwarded-For: 6.6.6.6,  192.0.2.7 ',
      'X-Between: 1',
      'x-forwarded-for:10.0.0.1',
      'X-Forwarded-For: ',
    ]);
    expect(told(origin.request.headers)).toEqual([
      ['x-forwarded-for', '6.6.6.6,  192.0.2.7, 10.0.0.1, 127.0.0.1'],
      ['x-forwarded-proto', 'http'],
      ['x-forwarded-host', host],
      ['x-forwarded-port', String(port)],
      ['x-real-ip', '192.0.2.7'],
    ]);
  });

  test('Forwarded goes on as they wrote it', async () => {
    const { ask, origin } = stage.take();
    await ask(['GET / HTTP/1.1', 'Forwarded: for=192.0.2.7;proto=https']);
    expect(origin.request.headerValues('Forwarded')).toEqual(['for=192.0.2.7;proto=https']);
    expect(origin.request.headerValues('X-Forwarded-For')).toEqual(['127.0.0.1']);
    expect(origin.request.headerValues('X-Real-IP')).toEqual(['127.0.0.1']);
  });

  test('nobody is believed with Proxy, or with names that only look like ours', async () => {
    const { ask, origin } = stage.take();
    await ask(['GET / HTTP/1.1', 'Proxy: http://evil.test', 'X_Forwarded_For: 1.2.3.4', 'X-Forwarded_Proto: https']);
    expect(origin.request.headerValues('X-Forwarded-For')).toEqual(['127.0.0.1']);
    expect(origin.request.headerValues('X-Forwarded-Proto')).toEqual(['http']);
    expect(told(origin.request.headers).map(([name]) => name)).not.toContain('proxy');
    expect(origin.request.raw).not.toMatch(/_/);
  });

  test('a request that says nothing is told about as from anybody', async () => {
    const { host, ask, origin, port } = stage.take();
    await ask(['GET / HTTP/1.1']);
    expect(told(origin.request.headers)).toEqual([
      ['x-forwarded-for', '127.0.0.1'],
      ['x-forwarded-proto', 'http'],
      ['x-forwarded-port', String(port)],
      ['x-real-ip', '127.0.0.1'],
      ['x-forwarded-host', host],
    ]);
  });

  test('Connection cannot take away what they say', async () => {
    const { ask, origin } = stage.take();
    await ask(['GET / HTTP/1.1', 'Connection: X-Forwarded-For', 'X-Forwarded-For: 192.0.2.7']);
    expect(origin.request.headerValues('X-Forwarded-For')).toEqual(['192.0.2.7, 127.0.0.1']);
  });

  test('the log names the client behind them', async () => {
    const { ask } = stage.take(async ({ stream, socket }) => {
      await stream.head();
      socket.end();
    });
    const answer = await ask(['GET / HTTP/1.1', 'X-Forwarded-For: 6.6.6.6, 192.0.2.7, 10.0.0.1']);
    expect(answer.status).toBe(502);
    const line = await stage.komainu.until('the failure is logged', () => stage.komainu.event('request failed'));
    expect(line).toMatchObject({ client: '192.0.2.7', requestId: answer.header('X-Request-Id') });
  });

  test.each(['::1', '127.0.0.2'])('a client at %s is none of them', async (address) => {
    const { host, origin, port } = stage.take();
    using client = await RawClient.connect(port, address === '::1' ? '::1' : '127.0.0.1', address);
    await client.ask(withHost(['GET / HTTP/1.1', 'X-Forwarded-For: 192.0.2.7', 'X-Forwarded-Server: edge'], host));
    expect(origin.request.headerValues('X-Forwarded-For')).toEqual([address]);
    expect(origin.request.header('X-Forwarded-Server')).toBeUndefined();
  });
});

describe('with Forwarded asked for', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage(10, { args: ['--trusted-proxies', '127.0.0.1', '--forwarded-header'] });
  });
  afterEach(() => expect(stage.faults()).toEqual([]));
  afterAll(() => stage[Symbol.asyncDispose]());

  test('an element stands behind those of a trusted proxy', async () => {
    const { host, ask, origin } = stage.take();
    await ask(['GET / HTTP/1.1', 'Forwarded: for=192.0.2.7', 'forwarded: for="[2001:db8::1]";by=_x']);
    expect(origin.request.headerValues('Forwarded')).toEqual([
      `for=192.0.2.7, for="[2001:db8::1]";by=_x, for=127.0.0.1;proto=http;host=${host}`,
    ]);
  });

  test('what anybody else says is replaced, and IPv6 is quoted', async () => {
    const { host, origin, port } = stage.take();
    using client = await RawClient.connect(port, '::1');
    await client.ask(withHost(['GET / HTTP/1.1', 'Forwarded: for=192.0.2.7'], host));
    expect(origin.request.headerValues('Forwarded')).toEqual([`for="[::1]";proto=http;host=${host}`]);
  });

  test('a host with a port is quoted', async () => {
    const { host, origin, port, connect } = stage.take();
    using client = await connect();
    await client.ask(['GET / HTTP/1.1', `Host: ${host}:${port}`]);
    expect(origin.request.headerValues('Forwarded')).toEqual([`for=127.0.0.1;proto=http;host="${host}:${port}"`]);
  });
});
