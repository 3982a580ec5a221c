import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findProgram } from '../../bench/programs.ts';
import { type Front, lackingFor, startFront } from '../support/front.ts';
import { http } from '../support/origin.ts';
import { type Answer, RawClient } from '../support/raw-client.ts';
import { type Scene, type Stage, startStage } from '../support/stage.ts';
import { frame, opcode, readFrame } from '../support/web-socket-frames.ts';

const configs = join(import.meta.dirname, '..', '..', 'native-config');
/** Another end than that of the proxy in front, so that nobody's address passes for the client's. */
const CLIENT = '127.0.0.9';
/** The key of RFC 6455, 1.3, and what follows from it: haproxy checks. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const SWITCH = [
  ...['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'],
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
].join('\r\n');
const BODY = Buffer.alloc(100_000, 'komainu ');

const examples = [
  { file: 'haproxy/tcp-send-proxy.cfg', settings: 'behind-tcp-proxy.yaml', mode: 'tcp', upgrades: true },
  { file: 'haproxy/tcp-send-proxy-v2.cfg', settings: 'behind-tcp-proxy.yaml', mode: 'tcp', upgrades: true },
  { file: 'haproxy/http.cfg', settings: 'behind-http-proxy.yaml', mode: 'http', upgrades: true },
  { file: 'nginx/stream.conf', settings: 'behind-tcp-proxy.yaml', mode: 'tcp', upgrades: true },
  { file: 'nginx/http.conf', settings: 'behind-http-proxy.yaml', mode: 'http', upgrades: true },
  { file: 'nginx/http-1.0.conf', settings: 'behind-http-proxy.yaml', mode: 'http', upgrades: false },
] as const;

const programOf = (file: string) => file.slice(0, file.indexOf('/')) as 'haproxy' | 'nginx';

describe.each(examples)('$file', ({ file, settings, mode, upgrades }) => {
  const checks = programOf(file) === 'haproxy';
  const lacks = lackingFor(programOf(file), file === 'nginx/stream.conf');
  if (lacks !== undefined && process.env.CI !== 'true') {
    test.skip(`is not tested: ${lacks} is not installed`, () => {});
    return;
  }

  let stage: Stage;
  let front: Front;
  beforeAll(async () => {
    const program = findProgram(programOf(file)) as string;
    const preStopMs = checks ? 30_000 : 0;
    const args = ['--settings', join(configs, settings), '--pre-stop-ms', String(preStopMs)];
    stage = await startStage(6, { args });
    front = await startFront(program, file, { komainu: stage.komainu.port(), admin: stage.komainu.adminPort });
  });
  afterAll(async () => {
    await front?.[Symbol.asyncDispose]();
    await stage?.[Symbol.asyncDispose]();
  });

  const connect = (): Promise<RawClient> => RawClient.connect(front.port, '127.0.0.1', CLIENT);

  async function ask(scene: Scene, lines: readonly string[], body: string | Buffer = ''): Promise<Answer> {
    using client = await connect();
    return await client.ask([lines[0], `Host: ${scene.host}`, ...lines.slice(1)], body);
  }

  test("the client's address arrives at the origin, whatever the client says of itself", async () => {
    const scene = stage.take();
    const lies = [
      'X-Forwarded-For: 192.0.2.1',
      'X-Real-IP: 192.0.2.2',
      'Forwarded: for=192.0.2.3',
      ...['X-Forwarded-Port: 1', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: other.test'],
    ];
    expect(await ask(scene, ['GET /a?b=1 HTTP/1.1', ...lies])).toMatchObject({ status: 200, text: 'GET /a?b=1' });
    const { request } = scene.origin;
    expect(request.raw).not.toContain('192.0.2.');
    expect(request.header('X-Forwarded-For')?.split(/, */)[0]).toBe(CLIENT);
    expect(request.headerValues('X-Forwarded-Port')).toEqual([String(front.port)]);
    expect(request.headerValues('X-Forwarded-Proto')).toEqual(['http']);
    expect(request.headerValues('X-Forwarded-Host')).toEqual([scene.host]);
    expect(request.headerValues('Host')).toEqual([scene.host]);
    expect(request.headerValues('X-Real-IP')).toEqual([CLIENT]);
  });

  test('a client is kept alive over several requests', async () => {
    const scene = stage.take();
    using client = await connect();
    for (const target of ['/1', '/2', '/3']) {
      const answer = await client.ask([`GET ${target} HTTP/1.1`, `Host: ${scene.host}`]);
      expect(answer).toMatchObject({ status: 200, text: `GET ${target}` });
    }
    for (const request of scene.origin.requests) expect(request.header('X-Forwarded-For')).toContain(CLIENT);
  });

  test('a POST arrives with its whole body, whether its length is told or not', async () => {
    const scene = stage.take(http((request, reply) => reply.send(200, `${request.body?.bytes.equals(BODY)}`)));
    const told = await ask(scene, ['POST / HTTP/1.1', `Content-Length: ${BODY.length}`], BODY);
    expect(told).toMatchObject({ status: 200, text: 'true' });
    const chunk = Buffer.concat([Buffer.from(`${BODY.length.toString(16)}\r\n`), BODY, Buffer.from('\r\n0\r\n\r\n')]);
    const chunked = await ask(scene, ['POST / HTTP/1.1', 'Transfer-Encoding: chunked'], chunk);
    expect(chunked).toMatchObject({ status: 200, text: 'true' });
  });

  test('an answer without a length and one that is empty arrive whole', async () => {
    const scene = stage.take(
      http((request, reply) => {
        if (request.target === '/empty') return reply.raw('HTTP/1.1 204 No Content\r\n\r\n');
        reply.raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nin two\r\n7\r\n pieces\r\n0\r\n\r\n');
      }),
    );
    expect(await ask(scene, ['GET / HTTP/1.1'])).toMatchObject({ status: 200, text: 'in two pieces' });
    expect(await ask(scene, ['GET /empty HTTP/1.1'])).toMatchObject({ status: 204, text: '' });
  });

  if (upgrades)
    test('a WebSocket passes both ways until it is closed', async () => {
      const scene = stage.take(async ({ stream, socket }) => {
        if ((await stream.head()) === undefined) return;
        socket.write(SWITCH);
        for (let some = await stream.some(); some !== undefined; some = await stream.some()) socket.write(some);
        socket.end();
      });
      using client = await connect();
      const answer = await client.ask([
        ...['GET /chat HTTP/1.1', `Host: ${scene.host}`, 'Connection: Upgrade', 'Upgrade: websocket'],
        ...['Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${KEY}`],
      ]);
      expect(answer.status).toBe(101);
      for (const text of ['hello', 'x'.repeat(70_000)]) {
        const sent = frame(opcode.text, text);
        client.socket.write(sent);
        const echoed = readFrame(await client.stream.exactly(sent.length));
        expect(echoed?.frame.payload.equals(Buffer.from(text))).toBe(true);
      }
      client.end();
      expect(await client.closed()).toBe('end');
    });

  if (checks)
    test('health checks notice a Komainu that stops before it takes no more', async () => {
      const scene = stage.take();
      expect(front.said).not.toContain('DOWN');
      stage.komainu.signal('SIGTERM');
      await stage.komainu.until(
        'haproxy leaves it out',
        () => front.said.includes('Server komainu/node1 is DOWN'),
        30_000,
      );
      expect(front.said).toContain('Layer7 wrong status, code: 503');
      using direct = await RawClient.connect(stage.komainu.port());
      if (mode === 'tcp') direct.socket.write('PROXY UNKNOWN\r\n');
      expect(await direct.ask(['GET / HTTP/1.1', `Host: ${scene.host}`])).toMatchObject({ status: 200 });
      stage.komainu.signal('SIGTERM'); // the second one: do not wait longer
    });
});
