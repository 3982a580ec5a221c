import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type AdminServer, type Pages, startAdmin } from '../../../../src/control/admin/admin-server.ts';
import { jsonReply, listReply, textReply } from '../../../../src/control/admin/reply.ts';
import { PortBusyError } from '../../../../src/control/ports.ts';
import { KeptLog } from '../../../support/kept-log.ts';

const open: AdminServer[] = [];
const log = new KeptLog();

afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

function* numbers(count: number): Generator<{ n: number; text: string }> {
  for (let n = 0; n < count; n++) yield { n, text: 'x'.repeat(200) };
}

const pages: Pages = new Map([
  ['/livez', () => textReply(200, 'ok')],
  ['/api/one', (query: URLSearchParams) => jsonReply(200, { verbose: query.has('verbose') })],
  ['/api/none', () => listReply({ generation: 3 }, 'routes', [])],
  ['/api/many', () => listReply({ generation: 3 }, 'routes', numbers(20_000))],
  [
    '/api/broken',
    () => {
      throw new Error('scripted');
    },
  ],
]);

async function start(): Promise<AdminServer> {
  const server = await startAdmin({ address: '127.0.0.1', port: 0, pages, log });
  open.push(server);
  return server;
}

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

function ask(
  port: number,
  path: string,
  options: { method?: string; host?: string; body?: string } = {},
): Promise<Answer> {
  const { method = 'GET', host = 'localhost', body } = options;
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        headers: { host, ...(body && { 'content-length': body.length }) },
        agent: false,
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode as number, headers: response.headers, text }));
      },
    );
    asking.on('error', reject).end(body);
  });
}

describe('the admin port', () => {
  test('answers its pages, with the query and without being kept by anybody', async () => {
    const { port } = await start();
    expect(await ask(port, '/livez')).toMatchObject({ status: 200, text: 'ok\n' });
    const { headers, text } = await ask(port, '/api/one?verbose');
    expect(JSON.parse(text)).toEqual({ verbose: true });
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });

  test('an unknown page is 404 in JSON, whatever its name', async () => {
    const { port } = await start();
    for (const path of [
      '/',
      '/api',
      '/livez/',
      '//livez',
      '/__proto__',
      '/constructor',
      '/%6civez',
      `/${'a'.repeat(4000)}`,
    ]) {
      const { status, text } = await ask(port, path);
      expect([path, status, JSON.parse(text).status]).toEqual([path, 404, 404]);
    }
  });

  test('only GET and HEAD, and HEAD has no body', async () => {
    const { port } = await start();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status, headers } = await ask(port, '/livez', { method });
      expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
    }
    for (const path of ['/livez', '/api/many']) {
      expect(await ask(port, path, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
    }
  });

  test('a request with a body is refused and its connection closed', async () => {
    const { port } = await start();
    expect(await ask(port, '/livez', { body: 'x' })).toMatchObject({ status: 413, headers: { connection: 'close' } });
  });

  test('a name that somebody else may own is refused', async () => {
    const { port } = await start();
    expect((await ask(port, '/livez', { host: 'evil.test' })).status).toBe(403);
    expect((await ask(port, '/livez', { host: '[::1]:9090' })).status).toBe(200);
  });

  test('a head larger than 8 KiB is refused', async () => {
    const { port } = await start();
    expect((await ask(port, `/${'a'.repeat(9000)}`)).status).toBe(431);
  });

  test('a page that fails is 500 and a line in the log, and the next answers', async () => {
    const { port } = await start();
    expect((await ask(port, '/api/broken')).status).toBe(500);
    expect(log.of('admin page failed')[0].fields).toMatchObject({ path: '/api/broken' });
    expect((await ask(port, '/livez')).status).toBe(200);
  });

  test('a long list is one JSON document, an empty one too', async () => {
    const { port } = await start();
    expect(JSON.parse((await ask(port, '/api/none')).text)).toEqual({ generation: 3, routes: [] });
    const { routes } = JSON.parse((await ask(port, '/api/many')).text);
    expect([routes.length, routes[0].n, routes[19_999].n]).toEqual([20_000, 0, 19_999]);
  });

  test('readers that stall hold four lists at most, and what they held is free when they leave', async () => {
    const { port } = await start();
    const stalled = await Promise.all(Array.from({ length: 4 }, () => stall(port)));
    expect((await ask(port, '/api/many')).status).toBe(503);
    expect((await ask(port, '/livez')).status).toBe(200);
    for (const socket of stalled) socket.destroy();
    while ((await ask(port, '/api/many')).status === 503);
  });

  test('a busy port is said in one sentence', async () => {
    const { port } = await start();
    const second = startAdmin({ address: '127.0.0.1', port, pages, log });
    await expect(second).rejects.toThrow(PortBusyError);
    await expect(second).rejects.toThrow(/^Port \d+ on 127\.0\.0\.1 is in use by another program: .* --admin-port\.$/);
  });
});

/** Asks for a list, waits for its first byte and reads no further. */
function stall(port: number) {
  return new Promise<ReturnType<typeof connect>>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('error', reject);
    socket.write('GET /api/many HTTP/1.1\r\nHost: localhost\r\n\r\n');
    socket.once('readable', () => resolve(socket));
  });
}
